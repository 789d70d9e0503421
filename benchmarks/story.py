"""The goods of the story: ``python benchmarks/story.py --data FOLDER PART``; each part is kept in ``RESULTS.md``.

``within``: what the cues and the reweighting add within goods, on blibli and from there to shopee.
``readers``: cues and fusion against two readers' opinions of titles.
``named``, ``revised``, ``again``: the constructed listings, scored when the cues were done and after later changes.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from results import RESULTS, figure, keep, mean_signed, signed, table_head

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import TextEncoder, text_encoder
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.paired import paired_difference
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.listings.table import read
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import labelled_rows
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.cues import untrained_cues

TEST_DATA = Path(__file__).parents[1] / "tests" / "data"
SEEDS = (0, 1, 2)
KEYS = ("roc_auc", "average_precision", "roc_auc_within_goods", "roc_auc_within_goods_pooled")
HEADS = ("AUC", "AP", "within goods (mean of goods)", "within goods (pooled)")
NAMED = {
    "named": "Constructed listings, first scoring",
    "revised": "Constructed listings, after one revision of weights and of the worth of words for the seller",
    "again": "Constructed listings, scored a third time after a change chosen on shopee",
}
WITHOUT: dict[str, Any] = {"signals": ("words", "meaning", "facts")}
VARIANTS: dict[str, dict[str, Any]] = {
    "fusion": {},
    "without cues": WITHOUT,
    "reweighted": {"reweight_within_goods": True},
}
Floats = NDArray[np.float64]


def main() -> None:
    """Run one part and keep what it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("within", "readers", *NAMED))
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled sets; see docs/data.md")
    given = parser.parse_args()
    encoder = CachedEncoder(text_encoder("use"))
    parts = {"within": within, "readers": readers, **dict.fromkeys(NAMED, named)}
    if given.part in NAMED and f"<!-- {given.part} -->" in RESULTS.read_text(encoding="utf-8"):
        parser.error(f"{given.part}: scored already, and kept as it was: {RESULTS}")
    lines = parts[given.part](given.data, encoder)
    keep(given.part, "\n".join([*([f"## {NAMED[given.part]}\n"] if given.part in NAMED else []), *lines]))


def within(data: Path, encoder: TextEncoder) -> Iterable[str]:
    """Compare the fusion with itself without cues and with reweighted rows."""
    rows = labelled_rows(read(data / "blibli" / "listings.csv")[0])
    yield f"## Within goods\n\nblibli, n {len(rows.y)}, 5 folds, seeds 0 to 2: fusion less others, paired over shops.\n"
    yield table_head("fusion less", HEADS)
    scored = {
        name: [_out_of_fold(rows, seed, settings, encoder) for seed in SEEDS] for name, settings in VARIANTS.items()
    }
    for name in ("without cues", "reweighted"):
        pairs = list(zip(SEEDS, scored["fusion"], scored[name], strict=True))
        found = [[paired_difference(rows.listings, p, q, key, seed=seed) for seed, p, q in pairs] for key in KEYS]
        yield f"| {name} | " + " | ".join(map(mean_signed, found)) + " |"
    asked = read(data / "shopee" / "listings.csv")[0]
    p = {name: _taught(data, settings, encoder).p_imported(asked) for name, settings in VARIANTS.items()}
    yield f"\nTrained on blibli, asked about shopee, n {len(asked)}, seed 0.\n"
    yield table_head("method", HEADS)
    for name, values in p.items():
        yield f"| {name} | " + " | ".join(figure(asked, values, key) for key in KEYS) + " |"
    less = [signed(paired_difference(asked, p["fusion"], p["without cues"], key)) for key in KEYS]
    yield "| fusion less without cues | " + " | ".join(less) + " |"
    largest = measure(asked, p["fusion"], redraws=0)["within_goods_largest"]
    yield f"\nPairs within goods are few; most are of one good: {largest}."


def readers(data: Path, encoder: TextEncoder) -> Iterable[str]:
    """Rank what two readers took for a maker's or a trader's title; an opinion, never an origin."""
    with (TEST_DATA / "readers_opinions.csv").open(encoding="utf-8") as file:
        opinions = {row["id"]: row for row in csv.DictReader(file)}
    with (data / "tokopedia_search" / "titles.csv").open(encoding="utf-8-sig") as file:
        found = [row for row in csv.DictReader(file) if row["id"] in opinions]
    model, cues = _taught(data, {}, encoder), untrained_cues()
    yield "## Readers' opinion\n\nTitles of tokopedia_search that two readers judged, each alone, by"
    yield "tests/data/readers_rubric.md. What they say is an opinion about words, never an origin. AUC of trade against"
    yield "maker, where both readers said the same.\n"
    yield table_head("good", ("titles", "Cohen's kappa", "maker / trade", "cues, untrained", "fusion taught on blibli"))
    for good in ("koko", "batik", "both"):
        rows = [row for row in found if good in ("both", opinions[row["id"]]["good"])]
        said = [(opinions[row["id"]]["reader_a"], opinions[row["id"]]["reader_b"]) for row in rows]
        agreed = [(row, a) for row, (a, b) in zip(rows, said, strict=True) if a == b != "cannot tell"]
        asked = prepare([_listing(row, "imported" if a == "trade" else "local") for row, a in agreed])[0]
        by_cues = 1.0 / (1.0 + np.exp(-np.nan_to_num(cues.log_odds(asked))))
        counts = f"{sum(a == 'maker' for _, a in agreed)} / {sum(a == 'trade' for _, a in agreed)}"
        aucs = figure(asked, by_cues), figure(asked, model.p_imported(asked))
        yield f"| {good} | {len(rows)} | {_kappa(said):.2f} | {counts} | {aucs[0]} | {aucs[1]} |"


def named(data: Path, encoder: TextEncoder) -> Iterable[str]:
    """Score the constructed listings by a model that learned from blibli alone."""
    path = TEST_DATA / "named_goods.csv"
    asked, concealing = read(path)[0], _column(path, "concealing") == "yes"
    model, is_imported = _taught(data, {}, encoder), asked.is_imported.astype(bool)
    p, cues = model.p_imported(asked), 1.0 / (1.0 + np.exp(-np.nan_to_num(untrained_cues().log_odds(asked))))
    yield "160 constructed listings of batik, koko, sajadah and tasbih; model trained on blibli alone, seed 0. The same"
    yield "knowledge of the trade stands behind these listings and behind the cues: no measure of accuracy.\n"
    yield table_head("rows", ("n local / imported", "fusion, AUC", "cues alone, untrained, AUC"))
    hidden = np.flatnonzero(~is_imported | concealing)
    goods = {good: np.flatnonzero(_column(path, "good") == good) for good in ("batik", "koko", "sajadah", "tasbih")}
    for name, at in ({"all": np.arange(len(asked)), "imports that conceal it": hidden} | goods).items():
        n = f"{int((~is_imported[at]).sum())} / {int(is_imported[at].sum())}"
        yield f"| {name} | {n} | {figure(asked[at], p[at])} | {figure(asked[at], cues[at])} |"
    yield f"\nMakers above 0.5: {int((p[~is_imported] >= 0.5).sum())} of {int((~is_imported).sum())}."
    pasted = paste(path)
    both = np.where(is_imported, model.p_imported(pasted), p)
    was, now = (
        np.asarray([one.decision == "local" for one in model.predict(rows, explain=False)]) for rows in (asked, pasted)
    )
    yield f"With twelve phrases of makers pasted into every imported listing: AUC {figure(asked, both)}. Decided local:"
    yield f"{int(was[is_imported].sum())} of {int(is_imported.sum())} before, {int(now[is_imported].sum())} after;"
    yield f"{int((~was & now & is_imported).sum())} became local."


def paste(path: Path) -> Listings:
    """Return the listings with phrases that speak for a maker at the end of every description."""
    phrases = (TEST_DATA / "pasted_phrases.txt").read_text(encoding="utf-8").splitlines()
    with path.open(encoding="utf-8") as file:
        rows = [row | {"description": f"{row['description']}\n{'. '.join(phrases)}"} for row in csv.DictReader(file)]
    return prepare(rows)[0]


def _out_of_fold(rows: Any, seed: int, settings: dict[str, Any], encoder: TextEncoder) -> Floats:
    p = np.full(len(rows.y), np.nan)
    for train, test in split.folds(rows.y, rows.group, 5, seed):
        p[test] = fit_model(rows.listings[train], TrainConfig(seed=seed, **settings), encoder).p_imported(
            rows.listings[test]
        )
    return p


def _taught(data: Path, settings: dict[str, Any], encoder: TextEncoder) -> OriginModel:
    return fit_model(read(data / "blibli" / "listings.csv")[0], TrainConfig(**settings), encoder)


def _listing(row: dict[str, str], label: str) -> dict[str, str]:
    said = {"id": row["id"], "title": row["name"], "price": row["price_number"], "label": label}
    return said | {name: row[name] for name in ("shop_id", "shop_name", "shop_city")}


def _kappa(said: list[tuple[str, str]]) -> float:
    from sklearn.metrics import cohen_kappa_score

    first, second = zip(*said, strict=True)
    return float(cohen_kappa_score(first, second))


def _column(path: Path, name: str) -> NDArray[np.object_]:
    with path.open(encoding="utf-8") as file:
        return np.asarray([row[name] for row in csv.DictReader(file)], dtype=object)


if __name__ == "__main__":
    main()
