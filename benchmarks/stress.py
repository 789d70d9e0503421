"""Stress on shops that a model has not learned from: ``python benchmarks/stress.py --data FOLDER``; see docs/stress.md.

Each seed splits blibli by shops and near-duplicates, trains on two thirds with the default settings, stresses the rest
twice: under promised thresholds, and with every listing decided by the half, as nothing would be left to a person.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from results import RESULTS, keep, table_head

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.evaluation.explain import STRESSES, most_without_error
from umkm_classifier.evaluation.stress import stress_model
from umkm_classifier.evaluation.stress_cases import IMPORTED_PASSED, LOCAL_FLAGGED, MAX_SHIFT
from umkm_classifier.listings import split
from umkm_classifier.listings.table import read
from umkm_classifier.model.decision import DecisionRule
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import labelled_rows
from umkm_classifier.model.risk import EVEN, Thresholds

SEEDS = (0, 1, 2)
PARTS = 3  # two to learn from, one to stress
PROMISED, HALF = "promised", "half"
BY_HALF = DecisionRule(decide_unsupported=True, thresholds=Thresholds(EVEN, -1e-9, 0, 0, None, None, None))
RULES = {
    PROMISED: "thresholds promised (0.02 / 0.20)",
    HALF: "by the half, every good decided; two sources for a flag, more than text for `local`",
}
WRONG_SIDE = {LOCAL_FLAGGED: "local", IMPORTED_PASSED: "imported"}

Found = dict[str, dict[str, Any]]  # what ``stress_model`` returns, by rule


def main() -> None:
    """Stress a model of each seed; what is done is kept, so that a run that was stopped goes on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled sets; see docs/data.md")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--outcomes", type=Path, required=True, help="folder for the stress.json of each seed")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    given.outcomes.mkdir(parents=True, exist_ok=True)
    found = {}
    for seed in given.seeds:
        file = given.outcomes / f"{seed}.json"
        if not file.exists():
            started = time.perf_counter()
            file.write_text(json.dumps(stressed(given.data / "blibli" / "listings.csv", seed)), encoding="utf-8")
            print(f"  seed {seed}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        found[seed] = json.loads(file.read_text(encoding="utf-8"))
    text = "\n".join(section(found))
    keep("stress", text, given.out)
    print(text)


def stressed(table: Path, seed: int) -> Found:
    """Train on two thirds and stress the rest under each rule."""
    rows = labelled_rows(read(table)[0])
    train, test = split.folds(rows.y, rows.group, PARTS, seed)[0]
    model = fit_model(rows.listings[train], TrainConfig(seed=seed), CachedEncoder(text_encoder("use")))
    rules = {PROMISED: model.rule, HALF: BY_HALF}
    return {
        name: {"n_learned": len(train)} | stress_model(replace(model, rule=rule), rows.listings[test], seed=seed)
        for name, rule in rules.items()
    }


def section(found: dict[int, Found]) -> Iterator[str]:
    """Say what was run, what the bars say, and what moved."""
    seeds = list(found)
    yield "## Stress, on shops that a model has not learned from\n"
    yield f"`benchmarks/stress.py` on blibli, {len(seeds)} splits by shops and near-duplicates, default settings: of"
    yield "each seed a model learns from two thirds and `umkm stress` changes the rest. Of a group of stresses the"
    yield "worst stands here, as a share of the listings of that label and its 95 % interval over shops; of none, the"
    yield "most that so many shops without one leave possible (one-sided, 95 %), where fewest listings were changed.\n"
    yield table_head("seed", ("learned from", "stressed, local / imported", "shops", "decided when not stressed"))
    for seed in seeds:
        of_seed = found[seed][PROMISED]
        rows = (f"{label}: {counts(of)}" for label, of in of_seed["decided"].items())
        yield (
            f"| {seed} | {of_seed['n_learned']:,} | {of_seed['n_local']} / {of_seed['n_imported']} | "
            f"{of_seed['n_shops']} | {'; '.join(rows)} |"
        )
    for rule, says in RULES.items():
        yield f"\n### {says[0].upper()}{says[1:]}\n"
        yield table_head("stress", ("asked", *(f"seed {seed}" for seed in seeds)))
        for group, key, most in bars(found[seeds[0]][rule]):
            cells = [worst(found[seed][rule], group, key, most) for seed in seeds]
            asked = "no score moves" if key == MAX_SHIFT else f"{WRONG_SIDE[key]} turned at most {most:.0%}"
            yield f"| {STRESSES[group]} | {asked} | " + " | ".join(cells) + " |"
    yield "\n### What moves, bar or not\n"
    yield "Means over the seeds of figures and of the ends of their intervals. Shift: of the log-odds of local"
    yield "listings, above 0 against the seller. Over and under a half: listings whose probability crosses it, whatever"
    yield "is decided. The last column: imported listings that become `local` under promised thresholds.\n"
    yield table_head("stress", ("shift", "local over a half", "imported under a half", "imported to `local`"))
    for at, case in enumerate(found[seeds[0]][PROMISED]["cases"]):
        if "not_measured" not in case and case["group"] not in ("claims", "declared_origin"):
            same = [found[seed][PROMISED]["cases"][at] for seed in seeds]
            shares = (share(same, key) for key in ("local_over_half", "imported_under_half", IMPORTED_PASSED))
            shift = mean(same, "mean_shift_local" if case["n_local"] else "mean_shift_imported")
            shown = "–" if shift is None else f"{shift:+.2f}{'' if case['n_local'] else ' (of imported ones)'}"
            yield f"| {STRESSES[case['group']]}: {case['name']} | {shown} | " + " | ".join(shares) + " |"


def counts(decided: dict[str, int]) -> str:
    """Write how many listings get which decision."""
    return ", ".join(f"{n} {decision}" for decision, n in decided.items())


def bars(of_seed: dict[str, Any]) -> list[tuple[str, str, float]]:
    """Return group, figure and limit of each bar, once."""
    cases = of_seed["cases"]
    return list(
        dict.fromkeys((case["group"], bar["figure"], bar["at_most"]) for case in cases for bar in case.get("bars", ()))
    )


def worst(of_seed: dict[str, Any], group: str, key: str, most: float) -> str:
    """Write the worst case of a group, and whether it keeps the bar."""
    cases = [case for case in of_seed["cases"] if case["group"] == group and case.get(key) is not None]
    if not cases:
        return "–"
    label = WRONG_SIDE.get(key, "")
    case = max(cases, key=lambda case: (case[key], -case[f"n_{label}"] if label else 0))
    verdict = "kept" if case[key] <= most else "broken"
    if key == MAX_SHIFT:
        return f"{case[key]:.1g}, {verdict}"
    n = case[f"n_{label}"]
    if not case[key]:
        return f"0 of {n} (up to {most_without_error(case[f'n_{label}_shops']):.1%}), {verdict}"
    named = f" ({case['name']})" if len(cases) > 1 else ""
    return f"{round(case[key] * n)} of {n}, {share([case], key)}{named}, {verdict}"


def mean(cases: Sequence[dict[str, Any]], key: str) -> float | None:
    """Return the mean of a figure over seeds, None where one has none."""
    found = [case[key] for case in cases]
    return None if None in found else sum(found) / len(found)


def share(cases: Sequence[dict[str, Any]], key: str) -> str:
    """Write the mean of a share, and of the ends of its intervals."""
    value, ends = mean(cases, key), [case.get(f"{key}_ci") for case in cases]
    if value is None:
        return "–"
    if None in ends:
        return f"{value:.1%}"
    low, high = (sum(column) / len(column) for column in zip(*ends, strict=True))
    return f"{value:.1%} [{low:.1%}, {high:.1%}]"


if __name__ == "__main__":
    main()
