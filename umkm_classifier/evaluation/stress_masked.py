"""What a seller may type without any effect: claims of local origin, and a declared country.

Nothing is assumed of the masks: every claim is put into a listing as a seller would put it there, and the listing is
read again. One thing the masks do not promise: where a claim touches a word that belongs to claims itself ('kulit asli'
+ 'lokal'), that word may go with it; there the claim is set off by a bar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from umkm_classifier.listings.claims import word_pattern
from umkm_classifier.listings.declarations import foreign_place
from umkm_classifier.listings.mask import skeleton

CLAIMS = (
    "produk lokal", "Produk Lokal Asli Solo", "100% Indonesia", "bangga buatan Indonesia", "handmade", "UMKM binaan",
    "made in Indonesia", "asli Pekalongan", "buatan tangan", "pengrajin lokal", "karya anak bangsa", "produksi sendiri",
    "home industry", "dukung UMKM", "brand lokal", "local pride", "kerajinan tangan", "khas Jepara", "dijahit sendiri",
    "dibuat oleh pengrajin Solo", "cintai produk dalam negeri", "warisan budaya Nusantara", "bukan barang impor",
    "proudly handmade in Bali", "produk UMKM lokal asli Indonesia", "homemade", "buatan Surakarta", "lokal",
)  # fmt: skip
APART = " | "
COUNTRIES = ("Tiongkok", "China", "Indonesia", "Korea Selatan", "Jepang", "Luar Negeri", "Turki", "Impor")
ABROAD = ("Tiongkok", "China", "Luar Negeri", "Hong Kong", "Korea Selatan", "Shenzhen, China")
ORIGIN_KEYS = ("Negara Asal", "negara_asal", "Country of Origin", "Asal Produk", "Made in", "Negara Produsen")

# Words that bind to a claim beside them ('pengrajin wanita', 'bukan impor Turki') or undo it ('bisa dijahit sendiri'),
# and are no claim by themselves.
_BINDING = re.compile(
    r"(?:tani|wanita|perempuan|kreatif|terampil|ahli|berpengalaman|binaan|setempat|sekitar|rumah|tangga|daerah|kampung"
    r"|selatan|utara|barat|timur|tengah|adalah|merupakan|ini|nya|dengan|pakai|pada|mikro|kecil|menengah|keluarga|kuningan"
    r"|bisa|dapat|mudah|tinggal|untuk|ngin|anda)"
)

#: Writes a claim into a text.
Write = Callable[[str, str], str]


def _before(sign: str) -> Write:
    return lambda text, claim: f"{claim}{APART if _belongs_to_claims(text.split()[0]) else sign}{text}"


def _after(sign: str, end: str = "") -> Write:
    def write(text: str, claim: str) -> str:
        return f"{text}{APART}{claim}" if _belongs_to_claims(text.split()[-1]) else f"{text}{sign}{claim}{end}"

    return write


def _shouted(text: str, claim: str) -> str:
    return f"{claim.upper()}!! {text}"


def _inside(text: str, claim: str) -> str:
    """Put a claim in the middle of a text, after it where it would touch a word of claims there."""
    words = text.split()
    middle = len(words) // 2
    if any(map(_belongs_to_claims, words[max(0, middle - 1) : middle + 1])):
        return f"{text}{APART}{claim}"
    return " ".join([*words[:middle], claim, *words[middle:]])


def _sentence(text: str, claim: str) -> str:
    return f"{text} {claim[:1].upper()}{claim[1:]}." if text.endswith(".") else f"{text}\n{claim}."


def _hashtag(text: str, claim: str) -> str:
    return f"{text}\n#{re.sub(r'[^0-9A-Za-z]', '', claim).lower()}"


def _belongs_to_claims(word: str) -> bool:
    low = skeleton(word)
    return "%" in low or any(pattern.search(low) for pattern in (word_pattern(), foreign_place(), _BINDING))


#: Where and how a claim is put: the column, and what writes it there.
PLACES: Mapping[str, tuple[str, Write]] = {
    "before the title": ("title", _before(" ")),
    "before the title, with a dash": ("title", _before(" - ")),
    "before the title, shouted": ("title", _shouted),
    "inside the title": ("title", _inside),
    "after the title": ("title", _after(" ")),
    "after the title, with a comma": ("title", _after(", ")),
    "after the title, in brackets": ("title", _after(" (", ")")),
    "above the description": ("description", lambda text, claim: f"{claim}\n{text}"),
    "below the description": ("description", lambda text, claim: f"{text}\n- {claim}"),
    "as the last sentence": ("description", _sentence),
    "as a hashtag": ("description", _hashtag),
    "between stars": ("description", lambda text, claim: f"✨ {claim} ✨\n{text}"),
    "behind the shop's name": ("shop_name", _after(" ")),
    "behind the shop's city": ("shop_city", _after(" ")),
    "behind the brand": ("brand", _after(" - ")),
}


def with_claim(place: str, text: str, rng: np.random.Generator) -> str:
    """Return a text with a claim drawn at random, put where ``PLACES`` says; '' and mere marks stay as they are."""
    return PLACES[place][1](text, drawn(CLAIMS, rng)) if any(map(str.isalnum, text)) else text


def declaring_line(text: str, rng: np.random.Generator) -> str:
    """Return a text with a country of origin declared on a line below."""
    line = f"{drawn(ORIGIN_KEYS[:4], rng)}: {drawn(COUNTRIES, rng)}"
    return f"{text}\n{line}" if text else line


def declaring_attributes(attributes: Mapping[str, str], rng: np.random.Generator) -> dict[str, str]:
    """Return specifications with a country of origin declared among them."""
    return {**attributes, drawn(ORIGIN_KEYS, rng): drawn(COUNTRIES, rng)}


def drawn(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    """Return one of some texts."""
    return choices[int(rng.integers(len(choices)))]
