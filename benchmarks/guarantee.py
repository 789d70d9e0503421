"""Are the promises kept? ``python benchmarks/guarantee.py``; needs no data; kept in ``RESULTS.md``.

Each redraw trains models by the whole ``fit_model`` on some shops of a simulated population. For a promise on held-out
shops, thresholds are then chosen by ``choose_thresholds`` on further shops, drawn with replacement from those that were
not learned from, so that each is an independent draw, as the promise supposes, and the true risk, that of all shops
not learned from, is known without error. For the approximate promise ``fit_model`` chooses on its own out-of-fold
scores, and the risk is that of all other shops.

Outcomes are appended to ``--outcomes``, a line a redraw: a run goes on where another ended, and several may share the
work: ``--first 0 --redraws 250`` beside ``--first 250 --redraws 250``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from results import RESULTS, keep, table_head
from scipy.stats import beta, binom

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.decision import DecisionRule, Weighed
from umkm_classifier.model.families import families_of
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import Rows
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.risk import Thresholds
from umkm_classifier.model.thresholds import choose_thresholds
from umkm_classifier.simulate.market import simulate

POPULATION_ROWS = 4_000
REDRAWS_OF_ONE = 25  # then another population is simulated
LEARN_ROWS = 300  # half of them imported, so that enough listings are above even odds for a promise to be needed
CALIBRATION_SHOPS = 400  # a fifth of a market of 2,000 shops; about 230 have local listings, 183 are needed
LARGE = 20  # listings from which a shop is called large
WRONG = 0.05
OWN_SHOPS = 180  # of a table that calibrates itself; about 90 have local listings, 72 are needed to show 5 %
FAST: dict[str, Any] = {
    "folds": 2, "signals": ("words", "cues"), "text_encoder": "none", "words_most": 2_000,
    "on_unsupported_good": "decide",
}  # fmt: skip
ASKED, EASIER = (0.02, 0.20), (0.05, 0.20)
WHOLE, TRUE, RANDOM, ALIKE, NAIVE, OWN = (
    "held out, the whole rule",
    "held out, thresholds alone",
    "the same, 5 % wrong labels at random in training and calibration",
    "the same, 5 % wrong labels in calibration where the model errs too",
    "for comparison: thresholds at which the calibration shops show just what is asked",
    "out of fold, thresholds alone",
)
PROMISES = {WHOLE: ASKED, TRUE: ASKED, RANDOM: ASKED, ALIKE: ASKED, NAIVE: ASKED, OWN: EASIER}
OUTCOMES = RESULTS.with_name("guarantee.jsonl")


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
    """Redraw what is missing, and keep what was found so far after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--redraws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--outcomes", type=Path, default=OUTCOMES)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    started, population, made = time.perf_counter(), None, -1
    for number in range(given.first, given.first + given.redraws):
        if number in kept(given.outcomes):
            continue
        if population is None or made != number // REDRAWS_OF_ONE:
            made = number // REDRAWS_OF_ONE
            population = simulated(given.seed + made)
        found = redraw(population, np.random.default_rng([given.seed, number]), number)
        line = json.dumps({"number": number, **{name: asdict(one) for name, one in found.items()}})
        with given.outcomes.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(f"  {number}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    outcomes = kept(given.outcomes)
    found = {name: [Outcome(**one[name]) for _, one in sorted(outcomes.items())] for name in PROMISES}
    keep("guarantee", "\n".join(section(found)), given.out)
    print("\n".join(section(found)))


def kept(file: Path) -> dict[int, Any]:
    """Return the outcomes of each redraw that is done; a line that was cut is none."""
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        found[one.pop("number")] = one
    return found


def simulated(seed: int) -> Population:
    """Simulate a population; its label column holds the truth."""
    market = simulate(POPULATION_ROWS, seed)
    truth = [row["true_label"] for row in market.truth]
    listings = prepare([record | {"label": label} for record, label in zip(market.records, truth, strict=True)])[0]
    _, shops = np.unique(listings.column("shop_id").astype(str), return_inverse=True)
    return Population(listings, np.asarray([label == "imported" for label in truth]), shops.astype(np.int64))


def redraw(population: Population, rng: np.random.Generator, seed: int) -> dict[str, Outcome]:
    """Train and calibrate once with true labels and once with wrong ones, on the same shops, and once out of fold."""
    is_learned = np.isin(population.shops, shops_to_learn_from(population, rng))
    learned, rest = (population.rows(np.flatnonzero(at)) for at in (is_learned, ~is_learned))
    drawn = [np.flatnonzero(rest.shops == shop) for shop in rng.choice(np.unique(rest.shops), CALIBRATION_SHOPS)]
    at, shop = np.concatenate(drawn), np.repeat(np.arange(len(drawn)), [len(one) for one in drawn])
    n_large = sum(len(one) >= LARGE for one in drawn)
    families, y = families_of(rest.listings), rest.imported[at]
    weighed = weigh(trained(learned, seed), rest)
    alone = by_score(weighed)
    wrong_learned = replace(learned, imported=learned.imported ^ (rng.random(len(learned.shops)) < WRONG))
    wrong = by_score(weigh(trained(wrong_learned, seed), rest))
    labels = {
        WHOLE: (weighed, y),
        TRUE: (alone, y),
        RANDOM: (wrong, y ^ (rng.random(len(y)) < WRONG)),
        ALIKE: (alone, labelled_alike(alone.score[at], y)),
    }
    rule, found = DecisionRule(decide_unsupported=True), {}
    for name, (of_rest, labelled) in labels.items():
        rows = Rows(rest.listings[at], labelled.astype(np.int64), shop, np.zeros(len(at), dtype=np.int64), ("x",))
        thresholds = choose_thresholds(rule, rows, taken(of_rest, at), TrainConfig(**FAST))
        decided = replace(rule, thresholds=thresholds).decide(families, of_rest)
        found[name] = outcome(rest, decided, thresholds, n_large)
    thresholds = naive(alone.score[at], y, shop)
    found[NAIVE] = outcome(rest, replace(rule, thresholds=thresholds).decide(families, alone), thresholds, n_large)
    return found | out_of_fold(population, rng, seed)


def out_of_fold(population: Population, rng: np.random.Generator, seed: int) -> dict[str, Outcome]:
    """Let ``fit_model`` choose thresholds on out-of-fold scores, and judge it on all other shops."""
    is_own = np.isin(population.shops, rng.permutation(np.unique(population.shops))[:OWN_SHOPS])
    own, others = (population.rows(np.flatnonzero(at)) for at in (is_own, ~is_own))
    with thresholds_alone():
        model = trained(own, seed, max_local_flagged=EASIER[0])
        decided = model.rule.decide(families_of(others.listings), weigh(model, others))
    return {OWN: outcome(others, decided, model.rule.thresholds, 0)}


@contextmanager
def thresholds_alone() -> Iterator[None]:
    """Let no rule but the thresholds keep a row from a decision: the harder case for a promise."""
    before = DecisionRule.sides
    DecisionRule.sides = lambda rule, families, weighed: before(rule, families, by_score(weighed))  # type: ignore[method-assign]
    try:
        yield
    finally:
        DecisionRule.sides = before  # type: ignore[method-assign]


def by_score(weighed: Weighed) -> Weighed:
    """Return what decisions rest on where only the score counts."""
    n = len(weighed.score)
    return Weighed(weighed.score, weighed.score, np.full(n, -1.0), np.full(n, 2))


def taken(weighed: Weighed, at: NDArray[np.int64]) -> Weighed:
    """Return some of the rows."""
    return Weighed(weighed.score[at], weighed.unspoken[at], weighed.others[at], weighed.agreeing[at])


def shops_to_learn_from(population: Population, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw shops until half of ``LEARN_ROWS`` are of each class."""
    size = np.bincount(population.shops)
    is_importer = np.bincount(population.shops, population.imported) > size / 2
    chosen = []
    for kind in (False, True):
        shops = rng.permutation(np.flatnonzero(is_importer == kind))
        chosen.append(shops[: int(np.searchsorted(np.cumsum(size[shops]), LEARN_ROWS / 2)) + 1])
    return np.concatenate(chosen)


def trained(learned: Population, seed: int, **settings: Any) -> OriginModel:
    """Train by the labels of ``learned``."""
    labels = np.where(learned.imported, "imported", "local").astype(object)
    config = TrainConfig(seed=seed, **FAST, **settings)
    return fit_model(learned.listings.replace(label=labels), config, text_encoder("none"))


def weigh(model: OriginModel, rows: Population) -> Weighed:
    """Return what the decisions about some rows rest on."""
    return model.weigh(rows.listings, model.columns(rows.listings))


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


def outcome(rest: Population, decided: NDArray[Any], found: Thresholds, n_large: int) -> Outcome:
    """Measure decisions on every shop that was not learned from, by the true labels."""
    flags, passes = decided == "imported", decided == "local"
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


def section(found: dict[str, list[Outcome]]) -> Iterable[str]:
    """Say what was run and write the table."""
    n = len(found[TRUE])
    allowed = int(binom.ppf(0.975, n, 0.025))
    large = [one.n_large for one in found[TRUE]]
    yield "## Promises on simulated markets\n"
    yield f"{n} redraws by `benchmarks/guarantee.py`, a new population of {POPULATION_ROWS:,} listings every"
    yield f"{REDRAWS_OF_ONE}. Held out: a model learns words and cues from about {LEARN_ROWS} listings, through the"
    yield f"whole `fit_model`; thresholds come from {CALIBRATION_SHOPS} other shops ({min(large)} to {max(large)} with"
    yield f"{LARGE} listings or more), and the true risk is that of all shops not learned from, known without error."
    yield f"Out of fold: a table of {OWN_SHOPS} shops is learned from and calibrates itself, and is judged on all other"
    yield "shops, about 450 with local listings, so that chance alone moves what is seen by 0.8 points. Every good may"
    yield "be decided. The whole rule: two sources for a flag, more than text for `local`; thresholds alone: without"
    yield "those, the harder case. A promise (97.5 % each, means over shops) may be broken in 2.5 % of redraws, and in"
    yield f"{n} of them by chance in up to {allowed} (97.5 % of the binomial). Words and prices are simulated: the"
    yield "figures say that the method keeps its word, and nothing about real listings.\n"
    heads = (
        "promise",
        "broken in",
        "share, 95 % interval",
        "mean true risk",
        "without a threshold",
        "review",
        "caught",
    )
    yield table_head("thresholds", heads)
    for name, outcomes in found.items():
        for at, key in enumerate(("flagged", "passed")):
            yield row(name, at, key, PROMISES[name][at], outcomes)


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
