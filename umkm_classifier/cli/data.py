"""``umkm simulate`` and ``umkm check``."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umkm_classifier.cli.options import (
    Config,
    Data,
    Encoding,
    MaxRejects,
    Out,
    Photos,
    Setting,
    put,
    say,
    settings_of,
    show_rejects,
)
from umkm_classifier.cli.progress import working
from umkm_classifier.config import MOST_SEED
from umkm_classifier.errors import MissingExtraError, require

if TYPE_CHECKING:
    from umkm_classifier.config import TrainConfig
    from umkm_classifier.listings.listing import Listings, Reject

GIVEN = (
    "title", "description", "category", "shop_id", "shop_name", "shop_city", "ships_from", "brand", "attributes",
    "photos", "listed_at",
)  # fmt: skip
SHOWN = 10


def simulate(
    out: Out,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Listings to make up.")] = 800,
    seed: Annotated[int, typer.Option("--seed", min=0, max=MOST_SEED, help="Another seed, another market.")] = 0,
    photos: Annotated[
        bool, typer.Option("--photos/--no-photos", help="Draw a photo or more for most listings.")
    ] = True,
) -> None:
    """Make up a market with known truth: listings.csv, photos/, truth.csv. For trying out, never for accuracy."""
    from umkm_classifier.bundle_files import check_outside, writing
    from umkm_classifier.simulate.market import simulate as simulate_market
    from umkm_classifier.simulate.write import write

    with writing(out):
        check_outside(out)
        market = simulate_market(rows, seed)
        with working(f"drawing photos into {out}") if photos else nullcontext():
            n_photos = write(market, out, photos=photos)
    labels = Counter(record["label"] for record in market.records)
    n_shops = len({record["shop_id"] for record in market.records})
    n = len(market.records)
    listings, shops = "listing" if n == 1 else "listings", "shop" if n_shops == 1 else "shops"
    drawn = f", {n_photos} {'photo' if n_photos == 1 else 'photos'}" if photos else ""
    say(f"{out}: {n} made-up {listings} of {n_shops} {shops} ({_counts(labels)}){drawn}")


def check(
    data: Data,
    config: Config = None,
    settings: Setting = None,
    encoding: Encoding = None,
    max_rejects: MaxRejects = None,
    photos: Photos = None,
) -> None:
    """Read a table as training would, say what is in it, and end as training would if it cannot be learned from."""
    from umkm_classifier.listings.table import read
    from umkm_classifier.train_checks import check_share

    resolved = settings_of(config, settings, encoding=encoding, max_rejects=max_rejects, photos=photos)
    listings, rejects = read(data, columns=resolved.columns, encoding=resolved.encoding, photos=resolved.photos or None)
    rejected = int(listings.rejected.sum())
    say(f"{data}: {len(listings)} {'row' if len(listings) == 1 else 'rows'}, {rejected} of them unusable")
    show_rejects(data, rejects)
    has_labels = bool(listings.has_label.any()) or any(reject.column == "label" for reject in rejects)
    put(_described(listings, rejects) | _remarked(listings))
    check_share(listings, resolved.max_rejects, data)
    if has_labels:
        _check_learnable(listings, rejects, resolved)


def _described(listings: Listings, rejects: list[Reject]) -> dict[str, Any]:
    """Count what is in a table."""
    from umkm_classifier.listings.goods import goods_of

    sources = listings.column("label_source")[listings.has_label]
    filled = {name: int(sum(map(bool, listings.column(name)))) for name in GIVEN}
    filled["price"] = int((listings.price_idr > 0).sum())  # not where it is missing
    return {
        "rows": len(listings),
        "rejected": int(listings.rejected.sum()),
        "labels": dict(Counter(label or "none" for label in listings.column("label"))),
        "label_sources": dict(Counter(source or "none" for source in sources)),
        "shops": len(set(listings.column("shop_id")) - {""}),
        "filled": {name: _share(n, len(listings)) for name, n in filled.items()},
        "goods": dict(Counter(goods_of(listings)).most_common()),
        "notes": dict(Counter(note for notes in listings.notes for note in notes)),
        "rejects": dict(Counter(reject.code for reject in rejects)),
    }


def _remarked(listings: Listings) -> dict[str, Any]:
    """Say what is remarkable about the labels, and which listings they contradict each other in."""
    from umkm_classifier.listings.labels import contradictions
    from umkm_classifier.listings.remarks import remarks

    found, groups = remarks(listings), contradictions(listings)
    for remark in found:
        say(f"  note: {remark}")
    for ids in groups[:SHOWN]:
        say(f"    the same text, labelled differently: {', '.join(map(_shown, ids[:SHOWN]))}")
    if len(groups) > SHOWN:
        say(f"    … and {len(groups) - SHOWN} more")
    return {"remarks": found, "labels_contradict": [list(ids) for ids in groups]}


def _check_learnable(listings: Listings, rejects: list[Reject], config: TrainConfig) -> None:
    """Refuse what training would refuse; say so where the packages to find out are not installed."""
    from umkm_classifier.listings.labels import check_labels, merge_duplicates
    from umkm_classifier.train_checks import check_split

    check_labels(listings, rejects)
    merged = merge_duplicates(listings)
    try:
        for module in ("sklearn", "datasketch"):
            require(module, "train")
    except MissingExtraError as error:
        say(f"  note: nobody looked whether shops can be divided into folds: {error}")
        return
    check_split(merged, config)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _shown(listing_id: str) -> str:
    return repr(listing_id[:30])


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {name or 'unlabelled'}" for name, n in sorted(counts.items()))
