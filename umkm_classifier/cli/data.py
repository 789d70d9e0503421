"""``umkm simulate`` and ``umkm check``."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from umkm_classifier.cli.options import Config, Data, MaxRejects, Out, Setting, put, say, show_rejects
from umkm_classifier.config import load_config

GIVEN = ("title", "description", "category", "shop_id", "shop_name", "shop_city", "ships_from", "brand")


def simulate(
    out: Out,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Listings to make up.")] = 800,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another market.")] = 0,
) -> None:
    """Make up a market with known truth: listings.csv and truth.csv. For trying things out, never for accuracy."""
    from umkm_classifier.simulate.market import simulate as simulate_market
    from umkm_classifier.simulate.write import write

    market = simulate_market(rows, seed)
    write(market, out)
    labels = Counter(record["label"] for record in market.records)
    n_shops = len({record["shop_id"] for record in market.records})
    say(f"{out}: {len(market.records)} made-up listings of {n_shops} shops ({_counts(labels)})")


def check(data: Data, config: Config = None, settings: Setting = None, max_rejects: MaxRejects = 0.1) -> None:
    """Read a table as training would, and say what is in it and what is wrong with it."""
    from umkm_classifier.listings.goods import goods_of
    from umkm_classifier.listings.labels import check_labels
    from umkm_classifier.listings.table import read
    from umkm_classifier.train import check_share

    listings, rejects = read(data, columns=load_config(config, settings or ()).columns)
    rejected = int(listings.rejected.sum())
    say(f"{data}: {len(listings)} rows, {rejected} of them unusable")
    show_rejects(data, rejects)
    sources = listings.column("label_source")[listings.has_label]
    put(
        {
            "rows": len(listings),
            "rejected": rejected,
            "labels": dict(Counter(label or "none" for label in listings.column("label"))),
            "label_sources": dict(Counter(source or "none" for source in sources)),
            "shops": len(set(listings.column("shop_id")) - {""}),
            "filled": {name: _share(sum(map(bool, listings.column(name))), len(listings)) for name in GIVEN},
            "goods": dict(Counter(goods_of(listings)).most_common()),
            "notes": dict(Counter(note for notes in listings.notes for note in notes)),
            "rejects": dict(Counter(reject.code for reject in rejects)),
        }
    )
    check_share(listings, max_rejects, data)
    if listings.has_label.any() or any(reject.column == "label" for reject in rejects):
        check_labels(listings, rejects)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {name or 'unlabelled'}" for name, n in sorted(counts.items()))
