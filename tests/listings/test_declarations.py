"""Declared origins leave no trace; admissions in prose stay unless asked for."""

from __future__ import annotations

import pytest

from umkm_classifier.listings.declarations import admits_foreign, declares_foreign, is_foreign, pair_declares_foreign
from umkm_classifier.listings.mask import mask_admissions, mask_ships_from, mask_text, skeleton


@pytest.mark.parametrize(
    "country", ["Indonesia", "China", "Tiongkok", "Korea Selatan", "luar negeri", "Wakanda", "CN", "PT Maju"]
)
@pytest.mark.parametrize(
    ("shown", "left"),
    [
        ("Bahan: katun\nNegara Asal: {}\nUkuran: 2 m", "Bahan: katun\nUkuran: 2 m"),
        ("Negara Asal : {} | Bahan : katun", "Bahan : katun"),
        ("asal negara = {}; katun", "katun"),
        ("Country of Origin: {}, katun", "katun"),
        ("Asal Produk: {}", ""),
        ("Made in: {}", ""),
        ("Buatan: {}", ""),
        ("Origin: {}", ""),
        ("• Asal: {}", ""),
        ("Negara Asal: {} Berat: 100 gr", "Berat: 100 gr"),
    ],
)
def test_a_declared_origin_leaves_no_trace_whatever_it_says(shown: str, left: str, country: str) -> None:
    assert mask_text(shown.format(country)) == left


@pytest.mark.parametrize("country", ["Indonesia", "China", "Jepang", "Luar Negeri"])
def test_a_key_and_its_country_on_two_lines_go_together(country: str) -> None:
    assert mask_text(f"Merek\nAyu\nNegara Asal\n{country}\nBahan\nKatun") == "Merek\nAyu\nBahan\nKatun"


def test_a_line_says_where_it_is_sent_from_only_within_indonesia() -> None:
    assert mask_text("Dikirim Dari: Luar Negeri\nBahan: katun") == "Bahan: katun"
    assert mask_text("Dikirim Dari: Guangdong, China\nBahan: katun") == "Bahan: katun"
    assert mask_text("Dikirim Dari: Kab. Bandung\nBahan: katun") == "Dikirim Dari: Kab. Bandung\nBahan: katun"


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("Kab. Bandung", "Kab. Bandung"),
        ("KOTA SURAKARTA", "KOTA SURAKARTA"),
        ("Kab. Timor Tengah Utara",) * 2,
        ("Jakarta Barat, DKI Jakarta",) * 2,
        ("Gudang Pusat",) * 2,
        ("", ""),
        ("China", ""),
        ("Mainland China", ""),
        ("LUAR NEGERI", ""),
        ("Guangdong, China", ""),
        ("Hong Kong", ""),
        ("Timor Leste", ""),
        ("overseas", ""),
        ("Korea Selatan", ""),
        ("Türkiye", ""),
    ],
)
def test_ships_from_keeps_indonesian_places_only(place: str, left: str) -> None:
    assert mask_ships_from(place) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Tas import China murah", "Tas murah"),
        ("kain impor premium", "kain premium"),
        ("buatan Jepang, awet", "awet"),
        ("dikirim dari luar negeri", "dikirim"),
        ("Jastip Korea bedak", "bedak"),
        ("Kain batik tulis Solo", "Kain batik tulis Solo"),
        ("ukuran uk 40", "ukuran uk 40"),
    ],
)
def test_admissions_are_masked_only_when_asked(text: str, left: str) -> None:
    assert mask_admissions(text) == left
    assert mask_text(text) == text


@pytest.mark.parametrize("country", ["Indonesia", "China", "Korea (Selatan)"])
def test_a_declared_origin_in_the_middle_of_a_line_goes_with_nothing_else(country: str) -> None:
    assert mask_text(f"Kain batik Origin: {country} motif parang") == "Kain batik motif parang"
    assert mask_text(f"Kain batik (Asal: {country}) motif parang") == "Kain batik motif parang"
    assert mask_text("Kain batik tanya asal: lihat foto") == "Kain batik tanya asal: lihat foto"


@pytest.mark.parametrize(
    "text",
    [
        "import Korea",
        "Sandal pria import korea",
        "barang import china",
        "Barang impor",
        "produk import",
        "100% import",
        "Tas ransel pria import",
        "sajadah impor Turki",
        "tasbih import dari Arab",
        "made in China",
        "Tas buatan Jepang",
        "jastip Bangkok",
        "Bahan katun tebal. Barang import",
        "Kain halus, import langsung dari China",
    ],
)
def test_prose_that_says_the_product_is_imported_admits_it(text: str) -> None:
    assert admits_foreign(skeleton(text))


@pytest.mark.parametrize(
    "text",
    [
        "Kain batik tulis",
        "kain import",
        "kain katun import Jepang",
        "bahan import Korea",
        "benang import china",
        "gamis bahan impor",
        "dijahit dengan mesin buatan Jepang",
        "bukan import",
        "bukan barang impor",
        "bukan tas import",
        "tidak ada barang import",
        "kualitas import",
        "kualitas barang import",
        "setara produk import",
        "produk Korea style",
        "gaya import korea",
        "Premium import",
        "importir kain",
        "made in Indonesia",
        "buatan Solo",
        "",
    ],
)
def test_inputs_denials_and_comparisons_admit_nothing(text: str) -> None:
    assert not admits_foreign(skeleton(text))


@pytest.mark.parametrize(
    ("text", "abroad"),
    [
        ("Bahan: katun\nNegara Asal: China", True),
        ("Negara Asal\nKorea Selatan", True),
        ("Kain batik Origin: China", True),
        ("Dikirim Dari: Guangdong, China", True),
        ("Asal Produk: Impor", True),
        ("Negara Asal: Indonesia", False),
        ("Negara Asal: China / Indonesia", False),
        ("Negara Asal: Lainnya", False),
        ("Negara Asal: PT Maju", False),
        ("Negara Asal\nIndonesia", False),
        ("import China", False),
        ("", False),
    ],
)
def test_a_declaration_names_a_country_abroad_or_does_not(text: str, abroad: bool) -> None:
    assert declares_foreign(skeleton(text)) is abroad


@pytest.mark.parametrize(
    ("key", "value", "abroad"),
    [
        ("negara_asal", "China", True),
        ("Country of Origin", "CN", True),
        ("Dikirim Dari", "Luar Negeri", True),
        ("Keterangan", "Negara Asal: China", True),
        ("Dikirim Dari", "Kota Surakarta", False),
        ("Negara Asal", "Indonesia", False),
        ("Bahan", "China", False),
    ],
)
def test_a_specification_names_a_country_abroad_or_does_not(key: str, value: str, abroad: bool) -> None:
    assert pair_declares_foreign(skeleton(key), skeleton(value)) is abroad


def test_timor_leste_lies_abroad_and_timor_does_not() -> None:
    assert is_foreign("timor leste")
    assert not is_foreign("timor")
