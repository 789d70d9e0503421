"""The shops of a simulated market: how large, of which kind, where, and how their owners write."""

from __future__ import annotations

from dataclasses import dataclass

from umkm_classifier.simulate.dice import Dice, Quota
from umkm_classifier.simulate.vocabulary import Good, ShopWords, Sides, Vocabulary
from umkm_classifier.simulate.voices import MAKER_VOICES, RESELLER_VOICES, Voice

IMPORTED_SHARE = 0.35
LARGEST_SHOP = 200
SIZE_EXPONENT = 1.3  # P(size >= k) = k ** -1.3: 800 rows make about 250 shops
MIXED_SHARE = 0.08  # of shops with at least 3 listings
CASINGS = ((0.4, "title"), (0.3, "sentence"), (0.2, "lower"), (0.1, "upper"))
# (source, wrong share of local labels, wrong share of imported labels): a declaration errs in the seller's favour.
LABEL_SOURCES = ((0.6, ("simulated_brand", 0.025, 0.025)), (0.4, ("simulated_declared", 0.01, 0.085)))


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop.

    Parameters
    ----------
    id, name, city, ships_from, brand : str
    kind : str
        'producer', 'mixed' or 'reseller'; in a mixed shop each listing is resold with probability 0.5.
    size : int
        Number of listings.
    goods : tuple of Good
        The first is half of what the shop sells.
    maker_voice, reseller_voice : Voice
        Who writes what the shop makes, and what it resells.
    casing : str
        'title', 'sentence', 'lower' or 'upper'.
    price_level : float
        In log rupiah, around 0.
    price_habit : int
        0 to 99: how the shop writes prices.
    footer : tuple of str
        Lines that stand under every description.
    label_source : str
    label_noise : (float, float)
        Probability of a wrong label for a local and for an imported listing.
    fills : frozenset of str
        Fields that the shop fills in at all.
    """

    id: str
    name: str
    kind: str
    size: int
    goods: tuple[Good, ...]
    maker_voice: Voice
    reseller_voice: Voice
    city: str
    ships_from: str
    brand: str
    casing: str
    price_level: float
    price_habit: int
    footer: tuple[str, ...]
    label_source: str
    label_noise: tuple[float, float]
    fills: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Quotas:
    """What shops are, shared out by rows, so that one large shop does not decide what the market is like."""

    goods: Quota[Good]
    kinds: Quota[str]
    maker_voices: Quota[Voice]
    reseller_voices: Quota[Voice]
    sources: Quota[tuple[str, float, float]]


def draw_shops(dice: Dice, words: Vocabulary, rows: int) -> list[Shop]:
    """Draw shops whose listings add up to ``rows``."""
    quotas = _quotas(dice, words, rows)
    sizes = enumerate(_sizes(dice, rows), start=1)
    return [_shop(dice, words, quotas, f"S{number:05d}", size) for number, size in sizes]


def _sizes(dice: Dice, rows: int) -> list[int]:
    """Return sizes that add up to ``rows``, heavy-tailed, largest first: small shops can make up for large ones."""
    largest = min(LARGEST_SHOP, max(8, rows // 25))
    sizes: list[int] = []
    left = rows
    while left:
        size = min(int(max(dice.uniform(), 1e-9) ** (-1 / SIZE_EXPONENT)), largest, left)
        sizes.append(size)
        left -= size
    return sorted(sizes, reverse=True)


def _quotas(dice: Dice, words: Vocabulary, rows: int) -> _Quotas:
    return _Quotas(
        goods=Quota(dice, [(good.weight, good) for good in words.goods], rows),
        kinds=Quota(dice, [(1 - IMPORTED_SHARE, "producer"), (IMPORTED_SHARE, "reseller")], rows),
        maker_voices=Quota(dice, MAKER_VOICES, rows * (1 - IMPORTED_SHARE)),
        reseller_voices=Quota(dice, RESELLER_VOICES, rows * IMPORTED_SHARE),
        sources=Quota(dice, LABEL_SOURCES, rows),
    )


def _shop(dice: Dice, words: Vocabulary, quotas: _Quotas, shop_id: str, size: int) -> Shop:
    good = quotas.goods.draw(size)
    kind = quotas.kinds.draw(size, tilt=(1 - good.imported, good.imported))
    if size > 2 and dice.chance(MIXED_SHARE):
        kind = "mixed"
    imported = {"producer": 0, "mixed": size // 2, "reseller": size}[kind]
    maker_voice, reseller_voice = quotas.maker_voices.draw(size - imported), quotas.reseller_voices.draw(imported)
    voice = reseller_voice if kind == "reseller" else maker_voice
    face = "maker" if dice.chance(voice.local_face) else "reseller"
    city = dice.pick(words.shops.cities.maker if dice.chance(voice.local_face) else words.shops.cities.reseller)
    source, *noise = quotas.sources.draw(size)
    return Shop(
        id=shop_id,
        name=_name(dice, words.shops, face),
        kind=kind,
        size=size,
        goods=(good, *(quotas.goods.draw(0) for _ in range(1 + size // 5))),
        maker_voice=maker_voice,
        reseller_voice=reseller_voice,
        city=city,
        ships_from=dice.pick(words.shops.abroad) if voice.name == "honest" and dice.chance(0.3) else city,
        brand=_brand(dice, words.shops, face),
        casing=dice.weighted(CASINGS),
        price_level=dice.normal(0.25),
        price_habit=dice.between(0, 99),
        footer=tuple(dice.pick(words.lines.shared) for _ in range(dice.between(1, 2))),
        label_source=source,
        label_noise=(noise[0], noise[1]),
        fills=_fills(dice, source, size),
    )


def _name(dice: Dice, words: ShopWords, face: str) -> str:
    first = dice.pick(_side(words.name_first, face if dice.chance(0.4) else "shared"))
    last = dice.pick(_side(words.name_last, face if dice.chance(0.4) else "shared"))
    return f"{first} {dice.pick(words.name_middle)} {last}".strip()


def _brand(dice: Dice, words: ShopWords, face: str) -> str:
    return dice.pick(words.no_brand) if dice.chance(0.35) else dice.pick(_side(words.brands, face))


def _side(pool: Sides, side: str) -> tuple[str, ...]:
    return {"maker": pool.maker, "reseller": pool.reseller, "shared": pool.shared}[side]


def _fills(dice: Dice, source: str, size: int) -> frozenset[str]:
    """Return the fields that the shop fills in: marketplaces ask for different ones, and sellers skip some."""
    by_brand = source == "simulated_brand"
    shares = (
        ("description", 0.92 if size <= 5 else 1.0),
        ("category", 0.95 if by_brand else 0.80),
        ("brand", 0.92 if by_brand else 0.25),
        ("shop_name", 0.95),
        ("shop_city", 0.80 if by_brand else 0.95),
        ("ships_from", 0.35 if by_brand else 0.75),
        ("attributes", 0.40 if by_brand else 0.92),
        ("listed_at", 0.70),
    )
    return frozenset([field for field, share in shares if dice.chance(share)])
