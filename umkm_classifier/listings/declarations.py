"""Declarations of origin (``Negara Asal: Tiongkok``) and admissions of it ('import Korea').

A declaration is the label, or next to it, so no signal may read it. An admission in prose is evidence: a seller who
writes it speaks against the own interest. It stays, and is masked only for a second line of an evaluation. That a
seller names a place abroad, in either way, is noted for people to read; no signal sees the note.
The patterns read lower-case text without accents; ``out`` marks what goes.
"""

from __future__ import annotations

import functools
import itertools
import re

from umkm_classifier.listings.origins import FOREIGN_IN_FIELDS, FOREIGN_IN_PROSE, INDONESIAN_PLACES, any_of

# Notes.
DECLARED = "declared_foreign"
ADMITTED = "admits_foreign"

# Keys that ask for a country wherever they stand, and keys that do so only at the start of a line or of its part.
_COUNTRY_OF_ORIGIN = (
    r"(?:negara[\s_\-]{0,2}asal(?:\s(?:produk|barang|produksi|pembuatan))?|asal[\s_\-]{0,2}negara"
    r"|negara\s(?:pembuat(?:an)?|produsen|produksi|manufaktur|pabrikan|brand|produk)"
    r"|(?:country|place|countries)[\s_\-]{0,2}(?:of|/)?[\s_\-]{0,2}(?:origin|manufacture|production)|origin[\s_\-]{0,2}country)"
)
_ANYWHERE = (
    rf"(?:{_COUNTRY_OF_ORIGIN}|asal\s(?:produk|barang|produksi|pembuatan|brand|merk|merek)|(?:produk|brand)\s(?:asal|origin)"
    r"|made[\s_\-]{1,2}in|buatan(?:\snegara)?|(?:di)?produksi(?:kan)?\sdi|dibuat\sdi|manufactured\sin|product\sof)"
)
_AT_START = r"(?:asal|origin|negara|country|daerah\sasal|asal\sdaerah|tempat\sasal|coo)"
_SENT_FROM = (
    r"(?:(?:di)?kirim(?:kan)?[\s_\-]dari|pengiriman[\s_\-]dari|ships?(?:ped)?[\s_\-]from"
    r"|(?:lokasi|asal|negara)[\s_\-](?:stok|gudang|pengiriman))"
)
_IS = r"\s{0,2}(?:[:=：]|->|→)\s{0,2}"
_DASH = r"\s{1,2}[-–—]\s{1,2}"
_START = r"(?<![^\W_])(?<![^\W_]\s)"  # no word before it, be it one blank away
_FOREIGN = any_of(FOREIGN_IN_PROSE + FOREIGN_IN_FIELDS)
_COUNTRY = any_of(FOREIGN_IN_PROSE + FOREIGN_IN_FIELDS + INDONESIAN_PLACES + ("lokal", "local", "dalam negeri"))
_COUNTRIES = (
    rf"{_COUNTRY}(?![^\W_])(?:[\s,/&\-]{{1,3}}(?:dan\s|atau\s|or\s|and\s)?{_COUNTRY}(?![^\W_])"
    rf"|\s?\((?:{_COUNTRY}|selatan|utara|south|north)\)){{0,4}}"
)
# A value ends where another key, a mark or the line does.
_VALUE = rf"(?:{_COUNTRIES}|(?:(?!\s{{1,2}}[^\s:=]{{1,20}}\s{{0,2}}[:=])[^\n,;|•·]){{0,60}})"


@functools.cache
def declaration_pattern() -> re.Pattern[str]:
    """Return the pattern that finds declared origins, and foreign places that a listing is sent from, in a line."""
    return re.compile(
        rf"(?<![^\W_])(?:{_ANYWHERE}{_IS}{_VALUE}|{_COUNTRY_OF_ORIGIN}{_DASH}{_VALUE}|{_ANYWHERE}{_DASH}{_COUNTRIES}"
        rf"|{_AT_START}{_IS}{_COUNTRIES}"
        rf"|{_COUNTRY_OF_ORIGIN}(?:nya)?(?:\s(?:adalah|dari|is|:))?\s{{1,2}}{_COUNTRY}(?![^\W_])"
        rf"|{_SENT_FROM}{_IS}(?={_FOREIGN}(?![^\W_])){_COUNTRIES})"
        rf"|{_START}{_AT_START}{_IS}{_VALUE}"
    )


# Nothing of the table is found far from one of these.
HINT = re.compile(
    r"asal|origin|negara|country|countries|made|manufactured|product of|buatan|produksi|dibuat|kirim|ship|lokasi|coo"
)
REACH = 160

# A key of a specification, whole. Underscores and dashes are blanks by then.
ORIGIN_KEY = re.compile(rf"\W*(?:{_ANYWHERE}|{_AT_START}|origin)\W*")
SENT_FROM_KEY = re.compile(rf"\W*{_SENT_FROM}\W*")
# Specifications are pasted with a key and its value on a line each.
BARE_ORIGIN_LINE = re.compile(rf"\W*{_COUNTRY_OF_ORIGIN}\W*")


@functools.cache
def country_line() -> re.Pattern[str]:
    """Return the pattern of a line that holds nothing but a country."""
    return re.compile(rf"\W*{_COUNTRY}(?:[\s,/&()\-]{{1,3}}{_COUNTRY}){{0,4}}\W*")


@functools.cache
def foreign_place() -> re.Pattern[str]:
    """Return the pattern that finds a foreign place in a field that holds a place."""
    return re.compile(rf"(?<![^\W_]){_FOREIGN}(?![^\W_])")


@functools.cache
def admission_pattern() -> re.Pattern[str]:
    """Return the pattern that finds admissions of foreign origin in prose."""
    word = (
        rf"(?:{any_of(FOREIGN_IN_PROSE)}|luar[\s\-]?neg[e]?ri|overseas|(?:di)?[ie]mpor(?:t|te?d|tir|tan|an|ts)?"
        r"|jastip|jasa\stitip(?:an)?|taobao|1688|alibaba|aliexpress)"
    )
    before = r"(?:buatan|made\sin|asli|original|ori|dari|asal|from|produk|barang|brand|mer[e]?k|ex|khas|style|gaya|ala)"
    return re.compile(rf"(?<![^\W_])(?:(?:{before}[\s\-]{{1,2}}){{0,3}}{word}(?:[\s\-]{{1,2}}{word}){{0,4}})(?![^\W_])")


# The product itself, in a seller's own words; 'kualitas import' and 'style Korea' only liken it to such.
_IMPORTED = r"[ie]mpor(?:t|te?d|tan|an)?"
_GOODS = (
    r"(?:barang|brg|produk|product|item|stok|stock|ready|original|100\s?%|full|asli|langsung|tas|ransel|dompet|sepatu|sandal"
    r"|sneakers|shoes|heels|baju|pakaian|fashion|dress|gaun|setelan|celana|kaos|kemeja|koko|blouse|jaket|sweater|rok|gamis"
    r"|mukena|jilbab|kerudung|hijab|pashmina|sajadah|tasbih|sarung|topi|jam|kalung|gelang|cincin|aksesoris|mainan|boneka)"
    r"(?:[\s\-]{1,2}(?:pria|wanita|anak|cewek|cowok|perempuan|bayi|dewasa|kerja|fashion|sneakers|pendek|panjang)){0,2}"
)
# What a product is made of, or with, may come from anywhere; and who denies or compares admits nothing.
_NOT_THE_PRODUCT = re.compile(
    r"(?<![^\W_])(?:(?:bahan\w*|material\w*|kain|benang|kulit|katun|cotton|busa|tinta|cat|pewarna|mesin|alat|kancing|zipper"
    r"|resleting|furing|karet|kayu|komponen|dinamo|motor|bibit|biji|biang|parfum|bukan|bkn|tidak|tdk|tanpa|no|non|anti|not"
    r"|seperti|kayak|mirip|vs|dibanding\w*|daripada|kalah)(?![^\W_])"
    r"|(?:kualitas|kwalitas|quality|grade|level|standar|standard|setara|sekelas|selevel|ala|style|gaya|model|motif|rasa"
    r"|aroma)[^\w\n]{1,2}\Z)"
)
_ADMITTING = re.compile(r"impor|empor|made|buatan|produk|jastip|titip")
_CLAUSE = re.compile(r"[^.,;:!?|()\n]+")
_WORDS_BEFORE = re.compile(r"(?:[^\W_]+[\W_]+){0,3}\Z")


@functools.cache
def _admission() -> re.Pattern[str]:
    country = rf"(?:{any_of(FOREIGN_IN_PROSE)}|luar[\s\-]?neg[e]?ri)"
    link = r"(?:(?:dari|asli|langsung|from|ex|asal)[\s\-]{1,2}){0,2}"
    return re.compile(
        rf"(?<![^\W_])(?:{_GOODS}[\s\-]{{1,2}}{_IMPORTED}|{_IMPORTED}[\s\-]{{1,2}}{link}{country}"
        rf"|(?:made[\s\-]{{1,2}}in|buatan|(?:di)?produksi(?:kan)?\sdi|(?:produk|barang)(?:\sasal|\sdari)?"
        rf"|(?:jastip|jasa\stitip)(?:\sdari)?)[\s\-]{{1,2}}{country})(?![^\W_])"
        r"(?![\s\-]{1,2}(?:style|look|quality|kualitas|version|motif|model)(?![^\W_]))"
    )


def admits_foreign(low: str) -> bool:
    """Return whether prose says that the product itself comes from abroad: 'import Korea', 'barang impor'."""
    if not _ADMITTING.search(low):
        return False
    for clause in _CLAUSE.finditer(low):
        for match in _admission().finditer(clause[0]):
            before = _WORDS_BEFORE.search(clause[0], max(0, match.start() - 60), match.start())
            if before is None or not _NOT_THE_PRODUCT.search(before[0]):
                return True
    return False


def declares_foreign(low: str) -> bool:
    """Return whether a text that holds declarations names a country abroad in one of them, and none of this country."""
    if any(is_foreign(match[0]) for match in declaration_pattern().finditer(low)):
        return True
    lines = low.split("\n")
    return any(BARE_ORIGIN_LINE.fullmatch(key) and is_foreign(value) for key, value in itertools.pairwise(lines))


def pair_declares_foreign(low_key: str, low_value: str) -> bool:
    """Return whether a specification names a country abroad as where a thing comes from or is sent from."""
    key = plain_key(low_key)
    if ORIGIN_KEY.fullmatch(key) or SENT_FROM_KEY.fullmatch(key):
        return is_foreign(low_value)
    return declares_foreign(low_value)


def plain_key(low: str) -> str:
    """Return a key of a specification with its words separated by single blanks: 'negara_asal' is 'negara asal'."""
    return re.sub(r"[\s_\-]+", " ", low).strip()


def is_foreign(place: str) -> bool:
    """Return whether a place, or the place that a declaration names, lies abroad and nowhere else."""
    abroad = foreign_place()
    named = [match[0] for match in abroad.finditer(place)]
    return any(name != "lainnya" for name in named) and not _here().search(abroad.sub(" ", place))


@functools.cache
def _here() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{any_of(INDONESIAN_PLACES)}|lokal|local|dalam neg[e]?ri)(?![^\W_])")
