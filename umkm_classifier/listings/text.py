"""A cell of a table as clean text: one form for what looks the same, nothing that cannot be seen.

Signals compare characters. Sellers, spreadsheets and web pages add ones that nobody sees (zero-width spaces, soft
hyphens, direction marks), ones that only look right (a Cyrillic ``а`` in a Latin word) and leftovers of HTML. ``clean``
takes them away and says which rows had them, since hiding a word is itself a trace.
"""

from __future__ import annotations

import datetime
import math
import numbers
import re
import unicodedata
from decimal import Decimal

from umkm_classifier.listings.markup import without_markup

OBFUSCATED = "text_obfuscated"
TRUNCATED = "text_truncated"
NOT_TEXT = "value_not_text"

# How much longer than the limit a raw cell may be: HTML shrinks when it is cleaned.
_RAW_FACTOR = 4
# Each pass takes off one layer of HTML in HTML; more layers than this are an attack, not a mistake.
_MAX_LAYERS = 4

# Anything that a plain cell does not have. Most cells are plain, and one search proves it.
_NOT_PLAIN = re.compile(r"[^\n\x20-\x7e]|<[A-Za-z/!?]|&[#A-Za-z]|  |\n\n\n| \n|\n |\A[ \n]|[ \n]\Z")
_LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Format characters (category Cf) and the letters and marks that show nothing; a test compares this with unicodedata.
_INVISIBLE_CLASS = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_EMOJI = "©®‼⁉™ℹ←-⇿⌀-⏿Ⓜ─-➿⤀-⥿⬀-⯿〰〽㊗㊙\U0001f000-\U0001faff"
# A joiner or a colour mark that an emoji needs is kept: 👩 + joiner + 🎨 is one picture.
_INVISIBLE = re.compile(
    f"(?<=[{_EMOJI}])\ufe0f(?:\u200d(?=[{_EMOJI}]))?|(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])|([{_INVISIBLE_CLASS}]+)"
)
_LATIN = "A-Za-zÀ-ÖØ-öø-ʯ"
_HIDDEN_IN_WORD = re.compile(f"[{_LATIN}][{_INVISIBLE_CLASS}]+[{_LATIN}]")
# Marks that stay loose after NFKC strike words through ('l̶o̶k̶a̶l'); Latin letters that need marks are composed by then.
_LOOSE_MARKS = re.compile(f"(?<=[{_LATIN}])[\u0300-\u036f\u0483-\u0489\u20d0-\u20f0]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]+")
_BLANKS = re.compile(r"[^\S\n]+")
_BLANK_AT_BREAK = re.compile(r" ?\n ?")
_MANY_BREAKS = re.compile(r"\n{3,}")
_OTHER_ALPHABET = re.compile("[\u0370-\u052f]")  # Greek and Cyrillic
_LATIN_LETTER = re.compile(f"[{_LATIN}]")
_WORD = re.compile(f"[{_LATIN}\u0370-\u052f]+")
_LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХѴԚԜаеіјорсухѕѵԛԝгԁһӏкмтвн" "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνορτυχ",
    "ABESIJKMHOPCTYXVQWaeijopcyxsvqwrdhlkmtbh" "ABEZHIKMNOPTYXaeikvoptux",
)  # fmt: skip


def clean(value: object, limit: int = 10_000) -> tuple[str, tuple[str, ...]]:
    """Return a cell as clean text.

    Parameters
    ----------
    value : object
        What a table holds: text, a number, a date, None or NaN.
    limit : int
        Most characters to keep.

    Returns
    -------
    text : str
        Normalised by NFKC, without markup, invisible and control characters; line breaks are kept, other blanks are
        single spaces. ``''`` when the cell is empty, missing or no text. Cleaning it again changes nothing.
    codes : tuple of str
        ``value_not_text`` (bytes or a container: not read), ``text_truncated``, ``text_obfuscated`` (hidden characters
        or foreign look-alike letters inside a Latin word).
    """
    if not isinstance(value, str):
        text = scalar_text(value)
        if text is None:
            return "", (NOT_TEXT,)
    else:
        text = value
    if len(text) <= limit and not _NOT_PLAIN.search(text):
        return text, ()
    return _clean_thoroughly(text, limit)


def scalar_text(value: object) -> str | None:
    """Return a scalar as text, ``''`` when it is missing, None when it is no scalar."""
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, numbers.Integral):  # bool too
        return _integer_text(value)
    if isinstance(value, numbers.Real | Decimal):
        number = float(value) if not isinstance(value, Decimal) or value.is_finite() else math.nan
        if math.isnan(number):
            return ""
        # pandas turns the whole numbers of a column with gaps into floats.
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if type(value).__module__ == "numpy" and type(value).__name__ in ("datetime64", "bool"):
        return "" if str(value) == "NaT" else str(value)
    return None


def _integer_text(value: numbers.Integral) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to print more than 4,300 digits
        return hex(int(value))


def _clean_thoroughly(text: str, limit: int) -> tuple[str, tuple[str, ...]]:
    codes: set[str] = set()
    if len(text) > _RAW_FACTOR * limit:
        text = text[: _RAW_FACTOR * limit]
        codes.add(TRUNCATED)
    if not text.isascii():
        # Joins the halves of a character that a bad JSON writer split, and replaces halves that stand alone.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    layers = 0
    while True:
        before = text
        text = _folded(text, codes)
        if layers == _MAX_LAYERS:
            text = text.replace("<", " ").replace("&", " ")
        text = _without_blanks(without_markup(text))
        if len(text) > limit:
            text = text[:limit].strip(" \n")
            codes.add(TRUNCATED)
        if text == before:
            return text, tuple(sorted(codes))
        layers = min(layers + 1, _MAX_LAYERS)


def _folded(text: str, codes: set[str]) -> str:
    """Return text whose characters all can be seen and are what they look like."""
    text = _CONTROL.sub(" ", _LINE_BREAK.sub("\n", text))
    if text.isascii():
        return text
    if _HIDDEN_IN_WORD.search(text):
        codes.add(OBFUSCATED)
    text = _INVISIBLE.sub(lambda match: "" if match[1] else match[0], text)
    text = unicodedata.normalize("NFKC", text)
    text, n_marks = _LOOSE_MARKS.subn("", text)
    folded = _WORD.sub(lambda match: _latin(match[0]), text) if _OTHER_ALPHABET.search(text) else text
    if n_marks or folded != text:
        codes.add(OBFUSCATED)
    return folded


def _latin(word: str) -> str:
    """Return a Latin word with its look-alikes folded; other words, and others inside it, stay ('50μm')."""
    if not _LATIN_LETTER.search(word):
        return word
    folded = word.translate(_LOOKALIKES)
    return word if _OTHER_ALPHABET.search(folded) else folded


def _without_blanks(text: str) -> str:
    text = _BLANKS.sub(" ", text)
    if "\n" in text:
        text = _MANY_BREAKS.sub("\n\n", _BLANK_AT_BREAK.sub("\n", text))
    return text.strip(" \n")


def is_legible(text: str) -> bool:
    """Return whether a clean text holds a Latin letter: of others (signs, emoji, 蜡染) no model has learned."""
    return _LATIN_LETTER.search(text) is not None
