"""The benchmark on real listings: ``python benchmarks/origin.py --data FOLDER``; writes ``benchmarks/RESULTS.md``.

Folds share no shop and no near-duplicate text. Nothing here is tuned: settings are the defaults of ``TrainConfig``.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from baselines import tfidf
from folds import FUSION, Scored, empty, probability, score_folds, sigmoid
from results import RESULTS, figure, keep, signed, table_head

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import TextEncoder, text_encoder
from umkm_classifier.errors import SplitError
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.paired import paired_difference
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.table import read
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import Rows, labelled_rows

SETS = ("blibli", "shopee", "tokopedia_bpom")
SEEDS = (0, 1, 2)
RANKING = ("roc_auc", "average_precision", "roc_auc_within_goods", "roc_auc_within_goods_pooled")
KEYS = (*RANKING, "macro_f1", "brier", "ece")
HEADS = ("AUC", "AP", "within goods (mean)", "within goods (pooled)", "macro-F1", "Brier", "ECE")
CURVE = (0, 25, 50, 100)


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled sets; see docs/data.md")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    encoder = CachedEncoder(text_encoder("use"))
    rows = {name: labelled_rows(read(given.data / name / "listings.csv")[0]) for name in SETS}
    started = time.perf_counter()
    parts = [heading()]
    for name in SETS:
        parts += [*in_domain(name, rows[name], encoder)]
        keep("origin", "\n".join(parts), given.out)
    parts += [*transfer(rows, encoder), *learning_curve(rows["blibli"], rows["shopee"], encoder)]
    parts += ["", f"Whole run: {time.perf_counter() - started:.0f} s."]
    keep("origin", "\n".join(parts), given.out)


def heading() -> str:
    """Say what was run, where and how to read it."""
    import sklearn

    return "\n".join(
        [
            "## Local or imported\n",
            "As printed by `benchmarks/origin.py`. Positive class: imported. Folds share no shop",
            "and no near-duplicate.",
            f"Mean of seeds {', '.join(map(str, SEEDS))}; in brackets the means of the ends of each seed's 95 %",
            "interval over 1,000 redraws of shops. Labels are a brand's country (blibli), the seller's declaration",
            "(shopee) and a registration number (tokopedia_bpom): none of them is an inspected place of making. No",
            "public set holds imported batik, koko, sajadah or tasbih, and none has photos with labels of origin.",
            "",
            f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, {platform.machine()}.",
        ]
    )


def in_domain(name: str, rows: Rows, encoder: TextEncoder) -> Iterable[str]:
    """Judge by folds of one set, for every seed."""
    n_shops, imported = len(np.unique(rows.group)), int(rows.y.sum())
    yield f"\n### {name}: n {len(rows.y)} ({len(rows.y) - imported} local / {imported} imported), {n_shops} groups\n"
    try:
        n_folds = split.feasible_folds(rows.y, rows.group, 5)
        scored = [score_folds(rows, seed, n_folds, encoder) for seed in SEEDS]
    except SplitError as error:
        yield f"Not judged: {error}"
        return
    print(f"{name}: scored", file=sys.stderr, flush=True)
    yield f"{n_folds} folds. Goods of the story in it, local / imported: {story_goods(rows.listings)}.\n"
    yield table_head("method", HEADS)
    for method in scored[0].p:
        yield row(method, [measure(rows.listings, one.p[method], seed=one.seed) for one in scored])
    for view in scored[0].views:
        p = [sigmoid(np.nan_to_num(one.views[view])) for one in scored]
        figures = [measure(rows.listings, p[at], seed=one.seed) for at, one in enumerate(scored)]
        yield row(f"view `{view}`", figures, RANKING)
    yield "\nFusion less others, paired over shops:\n"
    yield table_head("less", HEADS[:5])
    for other in [method for method in scored[0].p if method != FUSION]:
        yield differences(rows.listings, other, scored)
    local = int((rows.y == 0).sum())
    flips = [one.flipped / local for one in scored]
    yield f"\nEmptying brand, shop name, category and city turns {np.mean(flips):.2%} of local rows into imported " + (
        f"(seeds: {', '.join(f'{flip:.2%}' for flip in flips)})."
    )
    folds = [fold for one in scored for fold in one.weights]
    weights = {view: np.mean([fold.get(view, 0.0) for fold in folds]) for view in scored[0].views}
    yield "Mean weights: " + ", ".join(f"`{view}` {weight:.2f}" for view, weight in weights.items()) + "."


def transfer(rows: dict[str, Rows], encoder: TextEncoder) -> Iterable[str]:
    """Train on one whole set, test on another."""
    yield "\n### Trained on one set, tested on another (AUC, 95 % interval over shops)\n"
    heads = ("tested on", "fusion", "TF-IDF + LR", "fusion less TF-IDF + LR", "local rows flipped by emptied fields")
    yield table_head("trained on", heads)
    for source in SETS:
        model = fit_model(rows[source].listings, TrainConfig(), encoder)
        for target in SETS:
            if target == source:
                continue
            held_out, y = rows[target].listings, rows[target].y
            p, other = probability(model, held_out, model.columns(held_out)), tfidf(rows[source].listings, held_out)
            bare = empty(held_out)
            emptied = probability(model, bare, model.columns(bare))
            flips = ((y == 0) & (p < 0.5) & (emptied >= 0.5)).sum() / (y == 0).sum()
            difference = paired_difference(held_out, p, other, "roc_auc")
            figures = [figure(held_out, values) for values in (p, other)]
            yield f"| {source} | {target} | {figures[0]} | {figures[1]} | {signed(difference)} | {flips:.2%} |"


def learning_curve(base_rows: Rows, own: Rows, encoder: TextEncoder) -> Iterable[str]:
    """Adapt a blibli model to some rows of shopee, test on other shops of shopee; ten draws of rows."""
    yield "\n### In-market learning curve: blibli, adapted with rows of shopee by `--base`\n"
    yield "Each draw takes about 100 rows to learn from and tests on the other shops. Few test rows: see the spread.\n"
    base = fit_model(base_rows.listings, TrainConfig(), encoder)
    yield "| own rows | mean AUC | least | most | draws |"
    yield "|---|---|---|---|---|"
    found: dict[int, list[float]] = {size: [] for size in CURVE}
    for draw in range(10):
        order = np.random.default_rng(draw).permutation(np.unique(own.group))
        ranked = np.concatenate([np.flatnonzero(own.group == group) for group in order])
        test = np.isin(np.arange(len(own.y)), ranked[CURVE[-1] :])
        learn_from = [at for at in ranked[: CURVE[-1]] if own.group[at] not in set(own.group[test])]
        for size in CURVE:
            chosen = np.asarray(learn_from[:size], dtype=np.int64)
            if len(np.unique(own.y[test])) < 2 or (size and len(np.unique(own.y[chosen])) < 2):
                continue
            model = base if not size else fit_model(own.listings[chosen], TrainConfig(), encoder, base)
            held_out = own.listings[np.flatnonzero(test)]
            value = measure(held_out, probability(model, held_out, model.columns(held_out)), redraws=0)["roc_auc"]
            found[size].append(value)
    for size, values in found.items():
        yield f"| {size} | {np.mean(values):.3f} | {min(values):.3f} | {max(values):.3f} | {len(values)} |"


def story_goods(listings: Listings) -> str:
    """Count the goods of the story."""
    found = measure(listings, np.full(len(listings), 0.5), redraws=0)["story_goods"]
    return ", ".join(f"{good} {counts['n_local']} / {counts['n_imported']}" for good, counts in found.items())


def row(method: str, figures: Sequence[dict[str, object]], keys: Sequence[str] = KEYS) -> str:
    """One method's figures: means over seeds of values and of interval ends."""
    cells = []
    for key in KEYS:
        values = [one[key] for one in figures]
        if key not in keys or any(value is None for value in values):
            cells.append("–")
            continue
        ends = [one[f"{key}_ci"] for one in figures if one.get(f"{key}_ci")]
        span = f" [{np.mean([e[0] for e in ends]):.3f}, {np.mean([e[1] for e in ends]):.3f}]" if ends else ""
        cells.append(f"{np.mean(values):.3f}{span}")
    return f"| {method} | " + " | ".join(cells) + " |"


def differences(listings: Listings, other: str, scored: Sequence[Scored]) -> str:
    """Paired differences of the fusion to another method: means over seeds."""
    cells = []
    for key in KEYS[:5]:
        found = [paired_difference(listings, one.p[FUSION], one.p[other], key, seed=one.seed) for one in scored]
        if any(one.difference is None or one.low is None for one in found):
            cells.append("–")
            continue
        mean = [np.mean([one[at] for one in found]) for at in range(3)]
        cells.append(f"{mean[0]:+.3f} [{mean[1]:+.3f}, {mean[2]:+.3f}]")
    return f"| {other} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
