"""Declarations of origin (``Negara Asal: Tiongkok``) and admissions of it ('import Korea').

A declaration is the label, or next to it, so no signal may read it. An admission in prose is evidence: a seller who
writes it speaks against the own interest. It stays, and is masked only for a second line of an evaluation.
The patterns read lower-case text without accents; ``out`` marks what goes.
"""

from __future__ import annotations

import functools
import re

from umkm_classifier.listings.origins import FOREIGN_IN_FIELDS, FOREIGN_IN_PROSE, INDONESIAN_PLACES, any_of

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
_COUNTRIES = rf"{_COUNTRY}(?![^\W_])(?:[\s,/&()\-]{{1,3}}(?:dan\s|atau\s|or\s|and\s)?{_COUNTRY}(?![^\W_])){{0,4}}\)?"
# A value ends where another key, a mark or the line does.
_VALUE = rf"(?:{_COUNTRIES}|(?:(?!\s{{1,2}}[^\s:=]{{1,20}}\s{{0,2}}[:=])[^\n,;|•·]){{0,60}})"


@functools.cache
def declaration_pattern() -> re.Pattern[str]:
    """Return the pattern that finds declared origins, and foreign places that a listing is sent from, in a line."""
    return re.compile(
        rf"(?<![^\W_])(?:{_ANYWHERE}{_IS}{_VALUE}|{_COUNTRY_OF_ORIGIN}{_DASH}{_VALUE}|{_ANYWHERE}{_DASH}{_COUNTRIES}"
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
