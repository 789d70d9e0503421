"""Are the promises kept? ``python benchmarks/guarantee.py``; needs no data, on one core; kept in ``RESULTS.md``.

Each redraw trains a model by the whole ``fit_model`` on some shops of a simulated population, chooses thresholds by
``control`` on further shops, and compares the promises with the true risk: that of all shops of the population that
were not learned from, known without error. Calibration shops are drawn from these with replacement, so that each is an
independent draw, as the promise supposes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from results import RESULTS, keep, table_head
from scipy.stats import beta, binom

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.risk import Thresholds, control
from umkm_classifier.simulate.market import simulate

POPULATION_ROWS = 4_000
REDRAWS_OF_ONE = 25  # then another population is simulated
LEARN_ROWS = 300  # half of them imported, so that enough listings are above even odds for a promise to be needed
CALIBRATION_SHOPS = 400  # a fifth of a market of 2,000 shops; about 230 have local listings, 183 are needed
LARGE = 20  # listings from which a shop is called large
WRONG = 0.05
FAST = {"folds": 2, "signals": ("words", "cues"), "text_encoder": "none", "words_most": 2_000}
TRUE, RANDOM, ALIKE, NAIVE = (
    "true labels",
    "5 % wrong labels, at random, in training and calibration",
    "5 % wrong labels in calibration, where the model errs too",
    "for comparison, thresholds at which the calibration shops show just 2 % and 20 %",
)


@dataclass(frozen=True)
class Population:
    """Listings of n rows with their true labels (bool) and shops (int)."""

    listings: Listings
    imported: NDArray[np.bool_]
    shops: NDArray[np.int64]

    def rows(self, at: NDArray[np.int64]) -> Population:
        """Return some of the rows."""
        return Population(self.listings[at], self.imported[at], self.shops[at])


@dataclass(frozen=True)
class Outcome:
    """What thresholds do to all shops that were not learned from."""

    flagged: float  # mean over shops of the share of a shop's local listings decided imported
    passed: float
    reviewed: float  # share of listings
    caught: float  # share of imported listings decided imported
    promised: tuple[bool, bool]  # whether there is a threshold
    n_large: int  # calibration shops


def main() -> None:
    """Redraw, and keep what was found so far after each population."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redraws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    found: dict[str, list[Outcome]] = {name: [] for name in (TRUE, RANDOM, ALIKE, NAIVE)}
    started = time.perf_counter()
    for first in range(0, given.redraws, REDRAWS_OF_ONE):
        population = simulated(given.seed + first // REDRAWS_OF_ONE)
        for number in range(first, min(first + REDRAWS_OF_ONE, given.redraws)):
            for name, outcome in redraw(population, np.random.default_rng([given.seed, number]), number).items():
                found[name].append(outcome)
            print(f"  {number + 1}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        keep("guarantee", "\n".join(section(found, time.perf_counter() - started)), given.out)
    print("\n".join(section(found, time.perf_counter() - started)))


def simulated(seed: int) -> Population:
    """Simulate a population; its label column holds the truth."""
    market = simulate(POPULATION_ROWS, seed)
    truth = [row["true_label"] for row in market.truth]
    listings = prepare([record | {"label": label} for record, label in zip(market.records, truth, strict=True)])[0]
    _, shops = np.unique(listings.column("shop_id").astype(str), return_inverse=True)
    return Population(listings, np.asarray([label == "imported" for label in truth]), shops.astype(np.int64))


def redraw(population: Population, rng: np.random.Generator, seed: int) -> dict[str, Outcome]:
    """Train and calibrate once with true labels and once with wrong ones, on the same shops."""
    is_learned = np.isin(population.shops, shops_to_learn_from(population, rng))
    learned, rest = (population.rows(np.flatnonzero(at)) for at in (is_learned, ~is_learned))
    drawn = [np.flatnonzero(rest.shops == shop) for shop in rng.choice(np.unique(rest.shops), CALIBRATION_SHOPS)]
    rows, shop = np.concatenate(drawn), np.repeat(np.arange(len(drawn)), [len(one) for one in drawn])
    n_large = sum(len(one) >= LARGE for one in drawn)
    score = scored(learned, rest, seed)
    true, imported = score[rows], rest.imported[rows]
    wrong_learned = replace(learned, imported=learned.imported ^ (rng.random(len(learned.shops)) < WRONG))
    score_wrong = scored(wrong_learned, rest, seed)
    wrong = imported ^ (rng.random(len(rows)) < WRONG)
    outcomes = {
        TRUE: (score, control(true, imported, shop)),
        RANDOM: (score_wrong, control(score_wrong[rows], wrong, shop)),
        ALIKE: (score, control(true, labelled_alike(true, imported), shop)),
        NAIVE: (score, naive(true, imported, shop)),
    }
    return {name: outcome(rest, *both, n_large) for name, both in outcomes.items()}


def shops_to_learn_from(population: Population, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw shops until half of ``LEARN_ROWS`` are of each class."""
    size = np.bincount(population.shops)
    is_importer = np.bincount(population.shops, population.imported) > size / 2
    chosen = []
    for kind in (False, True):
        shops = rng.permutation(np.flatnonzero(is_importer == kind))
        chosen.append(shops[: int(np.searchsorted(np.cumsum(size[shops]), LEARN_ROWS / 2)) + 1])
    return np.concatenate(chosen)


def scored(learned: Population, rest: Population, seed: int) -> NDArray[np.float64]:
    """Train by the labels of ``learned`` and return the calibrated log-odds of ``rest``, NaN without an answer."""
    labels = np.where(learned.imported, "imported", "local").astype(object)
    model = fit_model(learned.listings.replace(label=labels), TrainConfig(seed=seed, **FAST), text_encoder("none"))
    p = model.p_imported(rest.listings)
    return np.log(p) - np.log1p(-p)


def labelled_alike(score: NDArray[np.float64], imported: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return labels of someone taken in by what takes in the model: wrong where listings look most like the others."""
    labels = imported.copy()
    for label, sign in ((False, 1.0), (True, -1.0)):
        rows = np.flatnonzero((imported == label) & ~np.isnan(score))
        most_alike = rows[np.argsort(-sign * score[rows], kind="stable")]
        labels[most_alike[: round(WRONG * len(rows))]] = not label
    return labels


def naive(score: NDArray[np.float64], imported: NDArray[np.bool_], shop: NDArray[np.int64]) -> Thresholds:
    """Take the thresholds at which the calibration shops themselves show just what is asked for."""
    ends = []
    for label, sign, most in ((False, 1.0, 0.02), (True, -1.0, 0.20)):
        rows = np.flatnonzero((imported == label) & ~np.isnan(score))
        _, at, size = np.unique(shop[rows], return_inverse=True, return_counts=True)
        order = np.argsort(-sign * score[rows])
        share = np.cumsum(1.0 / size[at[order]]) / len(size)
        ends.append(float(score[rows][order][np.searchsorted(share, most, side="right") - 1]))
    return Thresholds(max(ends[0], 0.0), min(ends[1], -1e-9), 0, 0, None, None, None)


def outcome(rest: Population, score: NDArray[np.float64], found: Thresholds, n_large: int) -> Outcome:
    """Measure thresholds on every shop that was not learned from, by the true labels."""
    flags, passes = found.flags(score), found.passes(score)
    return Outcome(
        flagged=mean_share(flags, ~rest.imported, rest.shops),
        passed=mean_share(passes, rest.imported, rest.shops),
        reviewed=float(np.mean(~flags & ~passes)),
        caught=float(flags[rest.imported].mean()),
        promised=(found.imported is not None, found.local is not None),
        n_large=n_large,
    )


def mean_share(happens: NDArray[np.bool_], among: NDArray[np.bool_], shops: NDArray[np.int64]) -> float:
    """Return the mean over shops of the share of a shop's rows among which something happens."""
    _, shop, size = np.unique(shops[among], return_inverse=True, return_counts=True)
    return float(np.mean(np.bincount(shop, happens[among]) / size))


def section(found: dict[str, list[Outcome]], seconds: float) -> Iterable[str]:
    """Say what was run and write the table."""
    n = len(found[TRUE])
    allowed = int(binom.ppf(0.975, n, 0.025))
    large = [one.n_large for one in found[TRUE]]
    yield "## Promises on simulated markets\n"
    yield f"{n} redraws by `benchmarks/guarantee.py`, a new population of {POPULATION_ROWS:,} listings every"
    yield f"{REDRAWS_OF_ONE}. In each, a model learns words and cues from about {LEARN_ROWS} listings, through the"
    yield f"whole `fit_model`; thresholds come from {CALIBRATION_SHOPS} other shops ({min(large)} to {max(large)} with"
    yield f"{LARGE} listings or more), and the true risk is that of all shops not learned from. Promised, with"
    yield "97.5 % each: at most 2 % of local listings flagged, at most 20 % of imported ones passed, means over shops."
    yield f"A promise may be broken in 2.5 % of redraws, and in {n} of them by chance in up to {allowed} (97.5 % of the"
    yield "binomial). Words and prices are simulated: the figures say that the method keeps its word, and nothing about"
    yield "real listings.\n"
    heads = (
        "promise",
        "broken in",
        "share, 95 % interval",
        "mean true risk",
        "without a threshold",
        "review",
        "caught",
    )
    yield table_head("labels", heads)
    for name, outcomes in found.items():
        for at, (key, most) in enumerate((("flagged", 0.02), ("passed", 0.20))):
            yield row(name, at, key, most, outcomes)
    yield f"\nWhole run: {seconds:.0f} s."


def row(name: str, at: int, key: str, most: float, outcomes: Sequence[Outcome]) -> str:
    """One promise under one kind of labels."""
    n, risks = len(outcomes), np.asarray([getattr(one, key) for one in outcomes])
    broken = int((risks > most).sum())
    low = beta.ppf(0.025, broken, n - broken + 1) if broken else 0.0
    high = beta.ppf(0.975, broken + 1, n - broken) if broken < n else 1.0
    missing = sum(not one.promised[at] for one in outcomes)
    review, caught = (np.mean([getattr(one, figure) for one in outcomes]) for figure in ("reviewed", "caught"))
    return (
        f"| {name} | {key} at most {most:.0%} | {broken} of {n} | {broken / n:.1%} [{low:.1%}, {high:.1%}] | "
        f"{risks.mean():.2%} | {missing} | {review:.0%} | {caught:.0%} |"
    )


if __name__ == "__main__":
    main()
