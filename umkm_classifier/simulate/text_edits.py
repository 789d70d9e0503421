"""What hurried sellers do to a text: lower case, typing mistakes, abbreviations, half of the words.

Each change takes a text and a generator and returns another text. None empties a text that holds a word, and lines stay
lines. The abbreviations are a handful that everybody knows, written down here; no list of others is copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

TextChange = Callable[[str, np.random.Generator], str]

MISTYPED = 0.25  # of the words of four letters and more
_FEWEST_LETTERS = 4
_WORD = re.compile(r"[^\W\d_]+")
_PART = re.compile(r"\S+")
_TWICE = re.compile(r"\b([^\W\d_]{3,})-\1\b", re.IGNORECASE)
_ROWS_OF_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    key: "".join(row[at] for at in (place - 1, place + 1) if 0 <= at < len(row))
    for row in _ROWS_OF_KEYS
    for place, key in enumerate(row)
}

SLANG: Mapping[str, str] = {
    "yang": "yg", "dengan": "dgn", "untuk": "utk", "bahan": "bhn", "barang": "brg", "orang": "org", "tidak": "gak",
    "sudah": "udh", "belum": "blm", "karena": "krn", "dari": "dr", "pada": "pd", "dalam": "dlm", "juga": "jg",
    "saja": "aja", "banyak": "bnyk", "warna": "wrn", "ukuran": "ukrn", "kirim": "krm", "sampai": "smp", "bisa": "bs",
    "harga": "hrg", "jangan": "jgn", "kalau": "klo", "kami": "km", "anda": "agan", "sebelum": "sblm", "setelah": "stlh",
    "panjang": "pjg", "lebar": "lbr", "tinggi": "tgg", "lengan": "lgn", "wanita": "wnt", "anak": "ank", "dewasa": "dws",
    "tersedia": "ready", "silakan": "silahkan", "terima kasih": "makasih", "pembelian": "pmblian", "produk": "prdk",
    "kualitas": "kwalitas", "nyaman": "nyman", "adalah": "adlh", "atau": "ato", "hanya": "cuma", "sangat": "bgt",
}  # fmt: skip
_ABBREVIATED = re.compile(rf"\b(?:{'|'.join(sorted(SLANG, key=len, reverse=True))})\b", re.IGNORECASE)


def lower_case(text: str, rng: np.random.Generator) -> str:
    """Write everything small."""
    return text.lower()


def typos(text: str, rng: np.random.Generator) -> str:
    """Mistype a quarter of the words of four letters and more: one letter swapped, lost, doubled or next to the right.

    The first letter of a word stays, and its length changes by one at most.
    """
    return _WORD.sub(lambda word: _mistyped(word[0], rng), text)


def slang(text: str, rng: np.random.Generator) -> str:
    """Abbreviate as in a chat: 'yang' is 'yg', 'anak-anak' is 'anak2'."""
    return _ABBREVIATED.sub(lambda word: SLANG[word[0].lower()], _TWICE.sub(r"\g<1>2", text))


def half_the_words(text: str, rng: np.random.Generator) -> str:
    """Leave out every second word, at random, in their order; of an odd number the larger half stays."""
    words = len(_PART.findall(text))
    kept = set(rng.permutation(words)[: (words + 1) // 2].tolist())
    if not any(char.isalnum() for at, word in enumerate(_PART.findall(text)) if at in kept for char in word):
        return text  # only marks would be left
    lines, at = [], 0
    for line in text.split("\n"):
        found = _PART.findall(line)
        left = " ".join(word for place, word in enumerate(found, at) if place in kept)
        at += len(found)
        if left or not found:
            lines.append(left)
    return "\n".join(lines)


def _mistyped(word: str, rng: np.random.Generator) -> str:
    if len(word) < _FEWEST_LETTERS or rng.random() >= MISTYPED:
        return word
    at = int(rng.integers(1, len(word) - 1))
    match int(rng.integers(4)):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + word[at] + word[at:]
    near = _NEIGHBOURS.get(word[at].lower(), word[at])
    return word[:at] + near[int(rng.integers(len(near)))] + word[at + 1 :]


#: The edits by name.
TEXT_EDITS: Mapping[str, TextChange] = {
    "lower case": lower_case,
    "typing mistakes": typos,
    "slang": slang,
    "half of the words": half_the_words,
}
