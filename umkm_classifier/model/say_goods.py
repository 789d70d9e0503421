"""What people call a good, and what would show where it was made; in Indonesian and English.

What settles it is what a maker has anyway or is helped to get: a photo of the work, an invoice for material,
*Batikmark* (certificate of the batik crafts), P-IRT (home-made food), BPOM (food, cosmetics, medicines), halal, TKDN
(share of domestic parts, for machines and electronics).
"""

from __future__ import annotations

from collections.abc import Mapping

from umkm_classifier.listings.goods import FAMILIES, OTHER

Said = Mapping[str, str]  # by language


def _said(indonesian: str, english: str) -> Said:
    return {"id": indonesian, "en": english}


_SEWN = _said("nota pembelian kain atau foto saat menjahitnya", "an invoice for the cloth or a photo of the sewing")
_WOVEN = _said(
    "nota pembelian benang atau foto saat menenunnya", "an invoice for the yarn or a photo of it being woven"
)
_MADE = _said("nota pembelian bahan atau foto saat dibuat", "an invoice for material or a photo of it being made")
_WORKSHOP = _said(
    "foto bengkel dengan barang setengah jadi atau nota pembelian bahan",
    "a photo of the workshop with half-finished pieces or an invoice for material",
)
_TKDN = _said(
    "sertifikat TKDN atau foto perakitan di bengkel sendiri",
    "a TKDN certificate or a photo of it being put together in the own workshop",
)
_FOOD = _said(
    "nomor P-IRT atau BPOM, sertifikat halal, atau foto dapur produksinya",
    "a P-IRT or BPOM number, a halal certificate or a photo of the kitchen",
)
_CARE = _said(
    "nomor BPOM, sertifikat halal, atau foto tempat produksinya",
    "a BPOM number, a halal certificate or a photo of where it is made",
)
SETTLES_FAMILY: Mapping[str, Said] = {
    "batik": _said(
        "foto proses membatik (canting atau cap) atau sertifikat Batikmark",
        "a photo of the work with canting or stamp, or a Batikmark certificate",
    ),
    "koko": _SEWN,
    "sajadah": _WOVEN,
    "tasbih": _said(
        "nota pembelian kayu atau manik, atau foto saat membubut dan meronce",
        "an invoice for wood or beads or a photo of the turning and stringing",
    ),
    "traditional_wear": _SEWN,
    "clothing": _SEWN,
    "accessories": _MADE,
    "craft": _WORKSHOP,
    "food": _FOOD,
    "care": _CARE,
    "electronics": _TKDN,
    "home": _WORKSHOP,
    "leisure": _MADE,
    OTHER: _MADE,
}
# Where a good is made otherwise than its family.
SETTLES_GOOD: Mapping[str, Said] = {
    "sarung": _WOVEN,
    "tenun_lurik": _WOVEN,
    "fabric": _WOVEN,
    "bedding": _SEWN,
    "tools": _TKDN,
    "auto": _TKDN,
    "plants": _said("foto kebun atau tempat pembibitan", "a photo of the garden or nursery"),
    "phone_case": _MADE,
}
NAMES: Mapping[str, Said] = {
    good: _said(indonesian, english)
    for good, indonesian, english in (
        ("koko", "baju koko", "a baju koko"),
        ("sajadah", "sajadah", "a sajadah"),
        ("tasbih", "tasbih", "a tasbih"),
        ("batik_garment", "baju batik", "a batik garment"),
        ("batik_cloth", "kain batik", "batik cloth"),
        ("sarung", "sarung", "a sarung"),
        ("mukena", "mukena", "a mukena"),
        ("hijab", "jilbab", "a hijab"),
        ("gamis", "gamis", "a gamis"),
        ("peci", "peci", "a peci"),
        ("tenun_lurik", "tenun atau lurik", "handloom cloth"),
        ("kebaya", "kebaya", "a kebaya"),
        ("adat_costume", "baju adat", "a traditional costume"),
        ("fabric", "kain", "cloth"),
        ("shirt", "kemeja", "a shirt"),
        ("t_shirt", "kaus", "a t-shirt"),
        ("trousers", "celana", "trousers"),
        ("dress", "gaun", "a dress"),
        ("jacket", "jaket", "a jacket"),
        ("clothes_set", "setelan baju", "a set of clothes"),
        ("kids_clothes", "baju anak", "children's clothes"),
        ("sleepwear", "baju tidur", "sleepwear"),
        ("underwear", "pakaian dalam", "underwear"),
        ("shoes", "sepatu", "shoes"),
        ("sandals", "sandal", "sandals"),
        ("bags", "tas", "a bag"),
        ("wallets", "dompet", "a wallet"),
        ("watches", "jam tangan", "a watch"),
        ("jewellery", "perhiasan", "jewellery"),
        ("hats", "topi", "a hat"),
        ("rattan_bamboo", "anyaman rotan atau bambu", "rattan or bamboo work"),
        ("wood_craft", "kerajinan kayu", "wood craft"),
        ("pottery", "gerabah atau keramik", "pottery"),
        ("leather", "kerajinan kulit", "leather craft"),
        ("decor", "hiasan rumah", "home decoration"),
        ("snack", "camilan", "a snack"),
        ("cake_cookies", "kue", "cake or cookies"),
        ("groceries", "bahan pangan", "groceries"),
        ("coffee_tea", "kopi atau teh", "coffee or tea"),
        ("drink", "minuman", "a drink"),
        ("spice_sauce", "bumbu atau sambal", "spices or sauce"),
        ("soap", "sabun", "soap"),
        ("lamp", "lampu", "a lamp"),
        ("furniture", "mebel", "furniture"),
        ("bedding", "seprai dan selimut", "bedding"),
        ("toys", "mainan", "a toy"),
    )
}
_SUCH = _said("barang seperti ini", "such a good")


def settles(good: str) -> Said:
    """Return what would show where a good was made, by language; for any string."""
    return SETTLES_GOOD.get(good, SETTLES_FAMILY[FAMILIES.get(good, OTHER)])


def name_of(good: str) -> Said:
    """Return what people call a good, with the English article; 'such a good' where it needs no name of its own."""
    return NAMES.get(good, _SUCH)
