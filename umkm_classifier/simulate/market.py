"""Simulate a market: listings as a marketplace would export them, and the truth about each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from umkm_classifier.errors import UsageError
from umkm_classifier.simulate import fields
from umkm_classifier.simulate.dice import Dice
from umkm_classifier.simulate.shops import Shop, draw_shops
from umkm_classifier.simulate.vocabulary import Vocabulary, vocabulary
from umkm_classifier.simulate.wording import Writer

RECORD_COLUMNS = (
    "id", "title", "description", "price", "category", "shop_id", "shop_name", "shop_city", "ships_from", "brand",
    "attributes", "photos", "listed_at", "label", "label_source",
)  # fmt: skip
TRUTH_COLUMNS = ("id", "shop_id", "true_label", "good", "seller", "concealing", "label_is_wrong", "shop_kind")
FIRST_DAY = date(2024, 1, 1)
DAYS = 730


@dataclass(frozen=True)
class Market:
    """A simulated market.

    Parameters
    ----------
    records : list of dict of str to str
        One a listing, with exactly ``RECORD_COLUMNS``; '' where a field was left empty. ``photos`` is always '': they
        are drawn when a market is written.
    truth : list of dict of str to str
        One a listing, in the same order, with exactly ``TRUTH_COLUMNS``: ``true_label`` is 'local' or 'imported',
        ``seller`` 'maker' or 'reseller', ``shop_kind`` 'producer', 'mixed' or 'reseller'; ``concealing`` and
        ``label_is_wrong`` are 'yes' or 'no'.
    seed : int
        Of the photos, at least 0.

    Notes
    -----
    Words, prices and noise are set by hand. The figures of a model on this market say that the machinery works, and
    nothing about real listings.
    """

    records: list[dict[str, str]]
    truth: list[dict[str, str]]
    seed: int = 0


def simulate(rows: int = 800, seed: int = 0) -> Market:
    """Simulate a market of exactly ``rows`` listings.

    Parameters
    ----------
    rows : int
        Number of listings, at least 1.
    seed : int
        From 0 to 2,147,483,647, as for training. The same rows and seed give the same market to the byte.

    Returns
    -------
    Market
        Listings in random order, about 35 % of them imported, about 3 % of the labels wrong.

    Raises
    ------
    UsageError
        If ``rows`` or ``seed`` is no such number.
    """
    _check(rows, seed)
    dice, words = Dice(seed), vocabulary()
    listings = [(shop, at) for shop in draw_shops(dice, words, rows) for at in range(shop.size)]
    market = Market([], [], seed)
    for number, (shop, _) in enumerate(dice.shuffled(listings), start=1):
        record, truth = _listing(dice, words, shop, f"L{number:06d}")
        market.records.append(record)
        market.truth.append(truth)
    return market


def _check(rows: int, seed: int) -> None:
    """Refuse what is no number of rows or no seed, all at once."""
    from umkm_classifier.config import MOST_SEED as MOST  # here: pydantic costs a service a tenth of a second

    problems = []
    for name, value, least in (("rows", rows, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST:
            problems.append(
                f"simulate: {name} must be a whole number from {least} to {MOST:,}. Got {value!r} instead. Give one, "
                f"for example {name}={800 if name == 'rows' else 0}."
            )
    if problems:
        raise UsageError("\n".join(problems))


def _listing(dice: Dice, words: Vocabulary, shop: Shop, listing_id: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return one listing's record and its truth."""
    imported = shop.kind == "reseller" or (shop.kind == "mixed" and dice.chance(0.5))
    voice = shop.reseller_voice if imported else shop.maker_voice
    good = shop.goods[0] if dice.chance(0.5) else dice.pick(shop.goods)
    wrong = dice.chance(shop.label_noise[imported])
    label = "imported" if imported != wrong else "local"
    writer = Writer(dice, words, shop, good, voice)
    origin = fields.declaration(dice, words.shops, shop, label)
    registered = fields.registration(dice, good.registration, imported)
    written = {
        "id": listing_id,
        "title": writer.title(),
        "description": writer.description(fields.declared_line(dice, origin, registered)),
        "price": fields.price(dice, writer, shop, imported),
        "category": dice.pick(good.categories),
        "shop_id": shop.id,
        "shop_name": shop.name,
        "shop_city": shop.city,
        "ships_from": shop.ships_from,
        "brand": shop.brand,
        "attributes": fields.attributes(dice, writer, shop, origin, registered),
        "listed_at": (FIRST_DAY + timedelta(days=dice.between(0, DAYS))).isoformat(),
        "label": label,
        "label_source": shop.label_source,
    }
    always = {"id", "title", "description", "price", "shop_id", "label", "label_source"}
    record = {name: written.get(name, "") if name in always or name in shop.fills else "" for name in RECORD_COLUMNS}
    truth = {
        "id": listing_id,
        "shop_id": shop.id,
        "true_label": "imported" if imported else "local",
        "good": good.name,
        "seller": "reseller" if imported else "maker",
        "concealing": "yes" if imported and voice.name == "concealing" else "no",
        "label_is_wrong": "yes" if wrong else "no",
        "shop_kind": shop.kind,
    }
    return record, truth
