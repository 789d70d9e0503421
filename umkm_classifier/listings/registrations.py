"""Registration numbers: which of their signs say where a thing was made.

The word of a register ('BPOM', 'P-IRT', 'SNI') stays and weighs nothing; its number goes, because it names the country:
NA18 is a cosmetic from Indonesia and NA11 one from China, MD food made here and ML food from abroad, AKD and PKD
against AKL and PKL devices, TR and SD against TI and SI medicines. The patterns read lower-case text and mark what goes
as the group ``out``.
"""

from __future__ import annotations

import re

from umkm_classifier.listings.tidy import Edit

_REGISTER = (
    r"(?:b\.?pom|pom|p[\s.\-]?irt|dinkes|halal|mui|lp?pom|bpjph|nib|iumk|kemenkes|kemkes|depkes|kementerian kesehatan"
    r"|sni|izin edar|ijin edar|nie|notifikasi|kosmetika|haki|djki|idm)"
)
_FILLER = (
    r"(?:[\s.:#=()\-/]{0,3}(?:ri|r\.i|no|nomor|nmr|number|reg|regis|registrasi|register|izin|ijin|edar|kode|mui|id|dinkes"
    r"|iso|iec)(?![^\W_])){0,4}[\s.:#=()\-/]{0,3}"
)
_LETTERS = r"(?:m[dl]|t[ril]|s[dil]|q[dil]|ak[dl]|pk[dl]|id|ht|iso|iec)"
# A number in one piece, or in pieces as people copy it from a label; '100 gr' after it is none of its pieces.
_NUMBER = (
    r"(?:\d[\dx*]{8,}[\d./:\-x*]*"
    r"|\d[\dx*]*(?:[./:\-]{1,2}[\dx*]+)*(?:\s[\dx*]{2,}(?:[./:\-]{1,2}[\dx*]+)*(?!\s?(?:gr?|gram|kg|m?l|pcs|cm)\b)){0,6})"
)

REGISTRATIONS: tuple[tuple[str, str], ...] = (
    (
        "a cosmetics number: NA18…, NC11… (NA is left of either)",
        r"(?<![^\W_])(?P<cosmetic>n[a-e]\W{0,2}\d{2}(?:(?:[ .\-]?[\dx*]){9}[\dx*]{0,4}|[\dx*]{3,11}))",
    ),
    (
        "letters after the name of a register: BPOM MD, POM TR, Kemenkes AKL",
        r"(?<![^\W_])(?:b?pom|kemenkes|kemkes|depkes)(?:\s?r\.?i)?[\s.:\-]{0,3}(?:no(?:mor)?[\s.:\-]{0,3})?"
        r"(?:(?P<cosmetic_letters>n[b-e]\d{0,4}|na\d{1,4})|(?P<letters>m[dl]|t[ril]|s[dil]|q[dil]|ak[dl]|pk[dl]))(?![^\W_])",
    ),
    (
        "letters with a number: MD or ML, AKD or AKL, PKD or PKL, TR or TI or TL, SD or SI or SL",
        r"(?<![^\W_])(?P<lettered>(?:m[dl]|ak[dl]|pk[dl]|t[ril]|s[dil]|q[dil])[\s.:\-]{0,3}"
        r"\d(?:[ .\-]?\d){8,14}[\d./\-]*)",
    ),
    ("a medicine number: DKL…, DTI…", r"(?<![^\W_])(?P<medicine>[dgpn][ktbph][lix]\d{7,}[a-z]?\d*[a-z]?\d?)"),
    ("a halal or trademark number: ID3211…, IDM0009…", r"(?<![^\W_])(?P<id>idm?\d{9,20})"),
    (
        "a number after the name of a register: BPOM, P-IRT, halal, NIB, Kemenkes, SNI",
        rf"(?<![^\W_]){_REGISTER}(?![^\W_]){_FILLER}(?P<number>(?:{_LETTERS}[\s.:\-]{{0,2}})?"
        rf"(?=(?:[\s./:\-x*]?\d){{5}}){_NUMBER})",
    ),
)
PATTERN = re.compile("|".join(pattern for _, pattern in REGISTRATIONS))
# A key of a specification that asks for such a number.
KEY = re.compile(
    rf"(?<![^\W_])(?:{_REGISTER}|ak[dl]|pk[dl]|(?:no|nomor)\.?\s?(?:registrasi|reg|izin|ijin|edar|sertifikat))(?![^\W_])"
)
_FOOD_LETTERS = r"(?:m[dl]|n[b-e]|t[il]|s[il])"
_DEVICE_LETTERS = r"(?:ak[dl]|pk[dl])"
_KEY_LETTERS = re.compile(rf"(?<![^\W_])(?:(?P<food>{_FOOD_LETTERS})|{_DEVICE_LETTERS})(?![^\W_])")
_VALUE_NUMBER = re.compile(
    rf"(?<![^\W_])(?:(?:{_LETTERS}|n[a-e])[\s.:\-]{{0,2}})?(?=(?:[\s./:\-]?\d){{5}}){_NUMBER}"
    rf"|(?<![^\W_])(?:{_FOOD_LETTERS}|{_DEVICE_LETTERS})(?![^\W_])"
)
# Nothing of the table is found far from one of these.
# One class of characters in front makes the search skip quickly.
HINT = re.compile(r"[\dpk](?:(?<=\d)(?:(?:[\s./:\-]?\d){3}[\s./:\-]?[\dx*]|\d[x*])|(?<=p)om|(?<=k)es)")
REACH = 80


def edit(match: re.Match[str]) -> Edit:
    """Return what a match replaces: start, end, replacement."""
    group = match.lastgroup or ""
    return (*match.span(group), "NA" if group.startswith("cosmetic") else " ")


def key_edits(low: str) -> list[Edit]:
    """Return what to replace in a key that asks for a number: letters that tell home from abroad."""
    return [(*match.span(), "BPOM" if match["food"] else "Kemenkes") for match in _KEY_LETTERS.finditer(low)]


def value_edits(low: str) -> list[Edit]:
    """Return what to replace in the value of such a key."""
    return [(*match.span(), " ") for match in _VALUE_NUMBER.finditer(low)]
