"""What counts as a claim of local origin: a seller saying who or what they are, where saying it costs nothing.

'Produk lokal asli Solo, handmade, UMKM' is typed by makers and by resellers alike. What can be checked (a step, a tool,
a time, a material: 'canting', 'dicolet', 'pre-order 7 hari') is no claim and is not listed here; nor is what speaks
against the seller ('import Korea').

The patterns read lower-case text without accents, never cross a line, and repeat only a bounded number of times.
"""

from __future__ import annotations

import functools
import re

from umkm_classifier.listings.origins import INDONESIAN_PLACES, any_of

_JOIN = r"(?:[^\w\n.,;:!?|]|_){1,3}"
_GLUE = r"(?:[^\w\n.,;:!?|]|_){0,2}"


def _spelt_out(word: str) -> str:
    """Return a pattern for a word typed letter by letter: 'l o k a l', 'l.o.k.a.l'."""
    return r"[ ._*\-]".join(word)


# The words themselves, with the spellings in use.
_LOCAL = (
    rf"(?:l[o0]+[kc]+[a4@]*l+(?:an|nya|ly|s)?|{_spelt_out('lokal')}|{_spelt_out('local')}|{_spelt_out('lokl')}"
    rf"|(?:dalam|dlm){_GLUE}neg[e]?ri|anak{_GLUE}(?:bangsa|neg[e]?ri)|put(?:e)?ra{_GLUE}(?:(?:dan{_JOIN})?put(?:e)?ri{_GLUE})?"
    rf"(?:bangsa|daerah)|pribumi)"
)
_SMALL_BUSINESS = (
    rf"(?:u[ ._\-]?m[ ._\-]?k[ ._\-]?m+|u\.?k\.?m|i\.?k\.?m"
    rf"|usaha{_JOIN}(?:mikro|kecil|menengah)(?:[\s,&]{{1,3}}(?:dan\s)?(?:kecil|menengah)){{0,2}}"
    rf"|(?:usaha|industri|produksi){_JOIN}rumah(?:an|{_JOIN}tangga)"
    rf"|industri{_JOIN}(?:kecil|mikro)(?:[\s,&]{{1,3}}(?:dan\s)?menengah)?)"
)
_BY_HAND = (
    rf"(?:h[ae]n+d?y?{_GLUE}m(?:a+i?d+e?|a+e?d|e+d|d+e)|hand[iy]?{_GLUE}craft(?:s|ed)?|{_spelt_out('handmade')}"
    rf"|(?:(?:di)?buat(?:an)?|(?:di)?bikin(?:an)?|(?:di)?kerja(?:kan|in)|hasil|karya|kerajinan|kreasi|made)"
    rf"(?:{_JOIN}(?:dengan|dgn|pake|pakai|menggunakan|oleh|secara|dari|by|with|asli|langsung|kerajinan|karya)){{0,3}}"
    rf"{_JOIN}(?:tangan|hands?)|hasta{_JOIN}karya)"
)
_AT_HOME = rf"(?:ho+me?{_GLUE}m(?:ade|aid|de|ed)|home{_GLUE}(?:ind[uo]stri(?:es|y|i)?|industry|production)|rumahan)"
_CRAFTSPEOPLE = rf"(?:pe(?:r|ng[e]?r)ajin|kerajinan{_JOIN}(?:tangan|rakyat))"
_OWN = (
    rf"(?:(?:(?:di)?(?:produksi|buat|bikin)(?:an)?|produk|karya|hasil|brand|merk|merek|konveksi|pabrik|workshop)"
    rf"(?:{_JOIN}(?:kami|kita|saya|langsung|asli|oleh|murni|yang)){{0,2}}{_JOIN}sendiri"
    rf"|self{_GLUE}(?:made|manufactured|produced)|own{_JOIN}(?:production|brand|factory))"
)
_PLACE = any_of(INDONESIAN_PLACES) + rf"(?:{_JOIN}(?:barat|timur|selatan|utara|tengah|tenggara|kota|besar))?"

# Words that belong to a claim when they stand before or after one, and are nothing by themselves.
_WHOLLY = rf"(?:100\s?%|(?:100|seratus)\s?persen){_GLUE}(?:asli{_JOIN})?"
_PRODUCT = rf"(?:produk(?:{_GLUE}produk)?|products?|produksi|buatan|bikinan|karya|hasil|brand|merk|merek|barang|kreasi)"
_BEFORE_LOCAL = rf"(?:(?:{_PRODUCT}|asli|khas|penjual|seller|usaha|pengusaha){_JOIN}){{0,4}}"
_BEFORE_MAKER = rf"(?:(?:{_PRODUCT}|pelaku|binaan){_JOIN}){{0,2}}"
# 'dikirim dari Solo' says where it is sent from, which can be checked, and stays; 'negara asal' is a declaration.
_FROM = (
    rf"(?:(?<!negara )(?:{_PRODUCT}|asal)|asli|khas|(?<!kirim )(?<!kiriman )(?:dari|dr)|berasal|original|ori|kerajinan"
    rf"|{_CRAFTSPEOPLE}|{_SMALL_BUSINESS})"
)
_OF_A_PLACE = rf"(?:(?:kota|kab|kabupaten|desa|kampung|daerah|wilayah|pulau){_JOIN})?{_PLACE}"
_FROM_A_PLACE = rf"(?:{_FROM}{_JOIN}){{1,4}}{_OF_A_PLACE}(?:[\s,/]{{1,2}}{_PLACE}){{0,2}}"
_CAMPAIGN = r"(?:bangga|cinta(?:i|ilah)?|mencintai|dukung(?:lah)?|mendukung|support|belanja|beli)"
_AFTER_LOCAL = rf"(?:{_JOIN}(?:{_FROM_A_PLACE}|asli|brand|products?|pride|indonesia|indo)){{0,2}}"

REACH = 100  # no claim is longer

# Each row: what it is, its pattern, and a hint: a cheaper pattern that is found wherever the row's pattern is.
CLAIMS: tuple[tuple[str, str, str], ...] = (
    (
        "campaign: 'bangga buatan Indonesia', 'cintai produk dalam negeri', 'dukung UMKM', 'local pride'",
        rf"(?:gerakan{_JOIN}|gernas{_JOIN}|proud(?:ly)?{_JOIN}(?:of{_JOIN})?)?{_CAMPAIGN}"
        rf"(?:{_JOIN}(?:dengan|akan|pada|pakai|memakai|menggunakan))?(?:{_JOIN}{_PRODUCT}){{0,3}}"
        rf"{_JOIN}(?:{_LOCAL}|{_SMALL_BUSINESS}|{_CRAFTSPEOPLE}|{_PLACE})(?:{_JOIN}(?:asli|indonesia))?"
        rf"|gernas{_JOIN}bbi|indo(?:nesia|nesian)?{_GLUE}pride|kearifan{_JOIN}lokal",
        rf"{_CAMPAIGN}{_JOIN}|gernas|indo(?:nesia|nesian)?{_GLUE}pride|kearifan",
    ),
    ("'100% Indonesia'", rf"{_WHOLLY}(?:indonesia|nusantara)", r"100\s?%|(?:100|seratus)\s?persen"),
    (
        "made in Indonesia: 'proudly made in Indonesia', 'Indonesian product', 'from Bali'",
        rf"(?:proudly{_JOIN})?(?:(?:made|produced|manufactured|crafted|designed|grown|from)"
        rf"|(?:products?|brand){_JOIN}(?:in|of|from|by)){_JOIN}(?:(?:in|of|from|by){_JOIN}){{0,2}}(?:{_PLACE}|{_LOCAL})"
        rf"|indonesian?{_JOIN}(?:made|products?|brand|crafts?|artisans?)",
        rf"(?:made|produced|manufactured|crafted|designed|grown|from|indonesian?"
        rf"|(?:products?|brand){_JOIN}(?:in|of|from|by)){_JOIN}",
    ),
    (
        "heritage: 'warisan leluhur', 'warisan budaya Nusantara', 'budaya bangsa'",
        rf"warisan(?:{_JOIN}(?:budaya|leluhur|luhur|bangsa|dunia|asli|nenek{_JOIN}moyang|{_PLACE})){{1,4}}"
        rf"|budaya{_JOIN}(?:bangsa|indonesia|nusantara)",
        r"warisan|budaya",
    ),
    ("own production: 'produksi sendiri', 'bikin sendiri', 'self-made'", _OWN, r"sendiri|self|own"),
    (
        "local: 'produk lokal', 'brand lokal asli', 'dalam negeri', 'karya anak bangsa', 'lokal' alone",
        rf"{_BEFORE_LOCAL}{_LOCAL}{_AFTER_LOCAL}",
        _LOCAL,
    ),
    (
        "a place: 'asli Solo', 'khas Pekalongan', 'buatan Indonesia', 'dari Jepara', 'pengrajin Bali'",
        _FROM_A_PLACE,
        rf"{_FROM}{_JOIN}{_OF_A_PLACE}",
    ),
    (
        "who makes it, and how humbly: 'UMKM', 'handmade', 'buatan tangan', 'rumahan', 'home industry', 'pengrajin'",
        rf"{_BEFORE_MAKER}(?:{_BY_HAND}|{_SMALL_BUSINESS}|{_AT_HOME}|{_CRAFTSPEOPLE})",
        rf"{_BY_HAND}|{_SMALL_BUSINESS}|{_AT_HOME}|{_CRAFTSPEOPLE}",
    ),
)

# Run together, as in hashtags: '#banggabuatanindonesia', '#produklokalkeren'; and inside other words: 'rajuthandmade'.
_RUN_TOGETHER = (
    r"(?:bangga(?:buatan|produk|pakai|karya)+(?:indonesia|lokal|sendiri|bangsa|umkm)?|cinta(?:i)?produk(?:indonesia|lokal|umkm)?"
    r"|(?:produk|brand|karya|buatan|beli|belanja|dukung|bangga|support)(?:lokal|local|umkm|indonesia|indonesian|anakbangsa)"
    r"|(?:local|lokal|indo)(?:pride|brand|product|produk)|asli(?:indonesia|solo|jogja|pekalongan|bali|lokal)"
    r"|buatan(?:tangan|sendiri)|kerajinantangan|produksisendiri|madeinindonesia|homeindustry)"
)
_INSIDE = r"(?:handmade|handcrafted|homemade|umkm)"

# Every single word above, for text in which claims are nested too deep to be taken apart one by one.
_WORDS = (
    rf"{_LOCAL}|{_SMALL_BUSINESS}|{_BY_HAND}|{_AT_HOME}|{_CRAFTSPEOPLE}|{_PLACE}|{_PRODUCT}|asli|khas|dari|dr|berasal|asal|original"
    r"|ori|kerajinan|penjual|seller|usaha|pengusaha|pelaku|binaan|sendiri|tangan|hands?|made|from|by|in|of|warisan|budaya|leluhur"
    r"|luhur|bangsa|dunia|bangga|cinta\w{0,4}|dukung|support|belanja|beli|anak|negeri|dalam|kami|kita|saya|langsung|oleh|murni|yang"
)


@functools.cache
def claim_pattern() -> re.Pattern[str]:
    """Return the pattern that finds claims in a line (compiled once, when first needed)."""
    rows = "|".join(pattern for _, pattern, _ in CLAIMS)
    return re.compile(rf"(?<![^\W_])(?:(?:{_WHOLLY})?(?:{rows})(?![^\W_])|{_RUN_TOGETHER})|{_INSIDE}")


@functools.cache
def hint_pattern() -> re.Pattern[str]:
    """Return the pattern that is found in or next to every claim, at a tenth of the cost.

    It reads a line with a blank in front. A class of characters comes first, so that the search skips quickly to where
    a word may start.
    """
    hints = "|".join(hint for _, _, hint in CLAIMS)
    inside = "(?<=h)(?:and(?:made|crafted)|omemade)|(?<=u)mkm"
    return re.compile(rf"[\W_hu](?:(?<=[\W_])(?:{hints}|{_RUN_TOGETHER})|{inside})")


@functools.cache
def word_pattern() -> re.Pattern[str]:
    """Return the pattern that finds every word of a claim, claimed or not."""
    return re.compile(rf"(?<![^\W_])(?:(?:{_WORDS})(?![^\W_])|{_RUN_TOGETHER})|{_INSIDE}")
