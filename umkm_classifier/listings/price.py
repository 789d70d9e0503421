"""A price as a seller types it, read as rupiah.

``float("1.250")`` is 1.25, a thousand times too little: in Indonesia the dot groups thousands and the comma is the
decimal sign, yet spreadsheets and phones also write the English way. What cannot be told apart is read the Indonesian
way and noted; what cannot be read is never guessed.
"""

from __future__ import annotations

import math
import numbers
import re
import unicodedata
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

AMBIGUOUS = "price_ambiguous"
RANGE = "price_range"
OUT_OF_RANGE = "price_out_of_range"
NEGATIVE = "price_negative"
UNREADABLE = "price_unreadable"

MIN_PRICE_IDR = 1.0  # there is no coin below
MAX_PRICE_IDR = 1e12

Parsed = tuple[float | None, tuple[str, ...]]

_MAX_CHARS = 200  # a longer cell is no price: a description in the wrong column
_MAX_DIGITS = 15  # beyond that a float is no longer exact, and the price is out of range anyway

_NOTHING = re.compile(
    r"(?:rp\.?|idr)?[\s\-–—_.?*/]*"
    r"(?:gratis\w*|free|n/?a|nan|none|null|nil|tba|kosong|(?:harga )?nego\w*|"
    r"(?:silahkan |silakan |mohon )?(?:hubungi|hub|chat|tanya|cek|call|kontak|contact|ask|inbox|wa|dm)\b[^\d]*)?[\s.!]*"
)
_FOREIGN_MONEY = re.compile(
    r"[$€£¥₩฿₹]|\b(?:usd?|sgd|myr|rm|cny|rmb|krw|jpy|thb|eur|euro|dollars?|dolar|yuan|won|yen|ringgit|baht)(?![a-z])"
)
_SCIENTIFIC = re.compile(r"\d[.,]?\d*e[+-]?\d")
_LEADING_MINUS = re.compile(r"\s*(?:(?:rp\.?|idr)\s*)?-\s*(?:rp\.?|idr)?\s*\d")
_UNITS = {
    "rb": 1e3, "rbu": 1e3, "ribu": 1e3, "rebu": 1e3, "rban": 1e3, "rbuan": 1e3, "ribuan": 1e3, "k": 1e3,
    "jt": 1e6, "jtan": 1e6, "juta": 1e6, "jutaan": 1e6,
    "miliar": 1e9, "milyar": 1e9, "mlr": 1e9, "m": 1e9,
}  # fmt: skip
# The groups are possessive or bounded by what follows, so that no input makes the search go back over itself.
_AMOUNT = re.compile(
    r"(?P<currency>(?<![a-z])(?:rp|idr)[\s.:]*+)?"
    r"(?P<number>\d++(?:[.,']\d++)*+(?: \d{3}(?![\d.,]\d|\d))*+)"
    r"(?P<end>[.,]?-++(?!\s?(?:rp|idr|\d)))?"
    r"(?:\s?-?(?P<unit>" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")(?![a-z]))?"
    r"(?P<percent>\s?%)?"
    r"(?P<after>\s?(?:rupiah|idr|rp)(?![a-z]|[\s.:]*\d))?"
)  # fmt: skip
_JOINER = re.compile(r"\s*(?:-{1,3}|~|s/d|s\.d\.?|sd|sampai|hingga|to)\s*")
_GROUPED = re.compile(r"(?!0)\d{1,3}([.,])\d{3}(?:\1\d{3})*")
_INDONESIAN_OR_ENGLISH = re.compile(r"(?!0)\d{1,3}(?:(?:\.\d{3})+,|(?:,\d{3})+\.)\d{1,2}")
_DECIMAL = re.compile(r"\d+[.,]\d+")
_PHONE = re.compile(r"0?8\d{8,12}|628\d{8,12}")


class _Amount(NamedTuple):
    value: float
    has_currency: bool
    unit: str
    ambiguous: bool
    start: int
    end: int


def parse_price(value: object) -> Parsed:
    """Read a price as rupiah.

    Parameters
    ----------
    value : object
        A number, or text as a seller types it: ``'Rp1.250.000'``, ``'25rb'``, ``'1,2 juta'``, ``'Rp25.000 -
        Rp30.000'``.

    Returns
    -------
    price_idr : float or None
        Rupiah, from 1 to 1e12; the lower end of a range. None when there is no price (empty, zero,
        ``'gratis'``, ``'hubungi penjual'``) or none that can be trusted.
    codes : tuple of str
        ``price_ambiguous`` (``'1.250'``: read as 1,250, might be 1.25), ``price_range``, and, with None,
        ``price_negative``, ``price_out_of_range`` or ``price_unreadable``.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None, ()
    if isinstance(value, str):
        return _parse_text(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real | Decimal):
        return None, (UNREADABLE,)
    try:
        return _checked(float(value), ())
    except OverflowError:
        return None, (NEGATIVE if value < 0 else OUT_OF_RANGE,)
    except ValueError:  # a signalling NaN of decimal
        return None, ()


def _checked(price: float, codes: tuple[str, ...]) -> Parsed:
    if math.isnan(price) or price == 0:
        return None, ()
    if price < 0:
        return None, (NEGATIVE,)
    if not MIN_PRICE_IDR <= price <= MAX_PRICE_IDR:
        return None, (OUT_OF_RANGE,)
    return price, codes


def _parse_text(text: str) -> Parsed:
    if len(text) > _MAX_CHARS:
        return None, (OUT_OF_RANGE if text.strip().isdecimal() else UNREADABLE,)
    text = _folded(text)
    if _NOTHING.fullmatch(text):
        return None, ()
    if _SCIENTIFIC.search(text) or _FOREIGN_MONEY.search(text):
        return None, (UNREADABLE,)
    if _LEADING_MINUS.match(text):
        return None, (NEGATIVE,)
    amounts = []
    for match in _AMOUNT.finditer(text):
        if match["percent"]:
            continue
        amount = _amount(match)
        if isinstance(amount, str):
            return None, (amount,)
        amounts.append(amount)
    return _choose(text, amounts)


def _folded(text: str) -> str:
    """Return lower-case text with plain digits, blanks and minus signs, and without invisible characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(_plain(char) for char in text)
    return " ".join(text.lower().split())


def _plain(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if char in "−‐‑‒–—":
        return "-"
    if char in "٬’":
        return "'"
    if char == "٫":
        return ","
    return "" if unicodedata.category(char) == "Cf" else char


def _amount(match: re.Match[str]) -> _Amount | str:
    """Return the amount that a match stands for, or the code that says why it is none."""
    digits = match["number"].replace(" ", "").replace("'", "")
    unit = match["unit"] or ""
    has_currency = bool(match["currency"] or match["after"] or match["end"])
    if sum(map(str.isdecimal, digits)) - (len(digits) - len(digits.lstrip("0"))) > _MAX_DIGITS:
        return OUT_OF_RANGE
    if not has_currency and not unit and _PHONE.fullmatch(digits):
        return UNREADABLE
    ambiguous = unit == "m"  # miliar to most, million to some
    if digits.isdecimal():
        number = float(digits)
    elif _INDONESIAN_OR_ENGLISH.fullmatch(digits):
        decimal_sign = digits[-3] if digits[-3] in ".," else digits[-2]
        number = float(digits.replace("," if decimal_sign == "." else ".", "").replace(",", "."))
    elif _GROUPED.fullmatch(digits):
        number, unit, in_doubt = _grouped(digits, unit)
        ambiguous = ambiguous or (in_doubt and (bool(match["unit"]) or not has_currency))
    elif _DECIMAL.fullmatch(digits):
        number = float(digits.replace(",", "."))
    else:
        return UNREADABLE
    value = round(number * _UNITS.get(unit, 1.0), 4)  # 1.1 * 1e6 is 1100000.0000000001
    return _Amount(value, has_currency, match["unit"] or "", ambiguous, match.start(), match.end())


def _grouped(digits: str, unit: str) -> tuple[float, str, bool]:
    """Read digits in groups of three: the number, the unit that still applies, and whether it may mean another."""
    number = float(digits.replace(".", "").replace(",", ""))
    one_group = len(re.split("[.,]", digits)) == 2
    if not unit:
        return number, "", one_group
    if _UNITS[unit] >= 1e6 and one_group:
        return float(digits.replace(",", ".")), unit, True  # '1.250jt' is one and a quarter
    if number >= 10_000:
        return number, "", True  # '25.000rb': the unit only repeats the zeros
    return number, unit, True


def _choose(text: str, amounts: list[_Amount]) -> Parsed:
    """Return the one price that the amounts of a text stand for."""
    if not amounts:
        return None, (UNREADABLE,)
    for first, second in pairwise(amounts):
        between = text[first.end : second.start]
        if _JOINER.fullmatch(between):
            return _range(first, second, len(amounts))
        if not between.strip() and _UNITS.get(first.unit) == 1e6 and 0 < second.value < 1e6:
            rest = second.value if second.unit or second.value >= 1e3 else second.value * 1e3  # '1jt250'
            return _checked(first.value + rest, ())
    marked = [amount for amount in amounts if amount.has_currency or amount.unit]
    if len(marked) == 1 or len(amounts) == 1:
        amount = (marked or amounts)[0]  # in '3 pcs Rp25.000' the price is the marked one
        return _checked(amount.value, (AMBIGUOUS,) if amount.ambiguous else ())
    if not marked:
        return None, (UNREADABLE,)
    return _checked(min(amount.value for amount in marked), (AMBIGUOUS,))


def _range(first: _Amount, second: _Amount, n_amounts: int) -> Parsed:
    if n_amounts > 2 and not (first.has_currency or first.unit or second.unit):
        return None, (UNREADABLE,)  # a date: 2025-01-31
    low = first.value
    if second.unit and not first.unit and not first.has_currency and low < 1e3:
        low *= _UNITS[second.unit]  # '25-30rb'
    codes = (AMBIGUOUS, RANGE) if first.ambiguous and not second.has_currency else (RANGE,)
    return _checked(min(low, second.value), codes)
