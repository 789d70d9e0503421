"""The model card."""

from __future__ import annotations

from typing import Any

import numpy as np

from umkm_classifier.evaluation.card import measured_card, model_card
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.random_split import beside_random_split
from umkm_classifier.evaluation.worst_slice import worst_slice
from umkm_classifier.model.decision import DecisionRule

TRAINING: dict[str, Any] = {
    "n": 100,
    "n_groups": 41,
    "label_sources": {
        "brand_country": {"n": 90, "n_local": 60, "n_imported": 30},
        "": {"n": 10, "n_local": 4, "n_imported": 6},
    },
    "out_of_fold_roc_auc": {"words.title": 0.8125, "facts.fields": 0.5},
    "notes": ["folds_lowered: 3 of 5"],
}
CARD = """\
# mine

Tells whether a marketplace listing reads as locally made or as an imported good resold. An estimate for
people who decide; nothing is to be removed or punished by its result alone.

## Learned from
100 labelled listings in 41 groups (shops and near-duplicate texts united); fingerprint `0123456789abcdef`.

| label source | listings | local | imported |
|---|---|---|---|
| brand_country | 90 | 60 | 30 |
| (none given) | 10 | 4 | 6 |

A label is a declaration, a brand's country or a registration number, not a visit to a workshop.

## Views, each alone, out of fold (area under the ROC curve, groups kept whole)
| view | AUC |
|---|---|
| words.title | 0.812 |
| facts.fields | 0.500 |

## Decisions
- no listing is decided `imported`
- no listing is decided `local`
- all others are left to a person (`review`), as are goods of which too few shops were labelled

## Notes from training
- folds_lowered: 3 of 5

## Not for
Goods, marketplaces and years that it has not seen: measure first with `umkm evaluate`. No public
labelled set holds imported batik, baju koko, sajadah or tasbih, so nothing here says how well those are
told apart.
"""


def test_a_card_says_what_was_learned_from_and_what_it_is_not_for() -> None:
    assert model_card("mine", TRAINING, "0123456789abcdef" * 4, DecisionRule()) == CARD


def test_a_card_without_notes_says_so() -> None:
    assert "\n## Notes from training\n- none\n" in model_card("mine", {**TRAINING, "notes": []}, "", DecisionRule())


def test_names_from_the_users_side_break_neither_line_nor_table_nor_encoding() -> None:
    counts = {"n": 1, "n_local": 1, "n_imported": 0}
    card = model_card("a\n# b \udce9", {**TRAINING, "label_sources": {"x | y\nz": counts}}, "", DecisionRule())
    assert card.startswith("# a # b ?\n")
    assert "\n| x / y z | 1 | 1 | 0 |\n" in card
    card.encode("utf-8")


def test_a_card_counts_what_was_held_out() -> None:
    card = model_card("mine", {**TRAINING, "n_held_out": 25}, "", DecisionRule())
    assert "\nBeside them 25 listings of other shops were held out to choose when to decide.\n" in card


def test_a_card_beside_a_report_is_its_short_form(market) -> None:
    table, p = market
    decisions = np.where(p > 0.99, "imported", "review").astype(object)
    metrics = measure(table, p, decisions=decisions, redraws=40)
    card = measured_card(metrics | worst_slice(metrics), "mine", "a|b\n.csv", ["Read\nthis."])
    lines = card.splitlines()
    assert lines[0] == "# mine on a/b .csv"
    low, high = metrics["roc_auc_ci"]
    assert f"| ROC AUC (guessing: 0.5) | {metrics['roc_auc']:.3f} ({low:.3f} to {high:.3f}) |" in lines
    assert f"| of a shop's local listings called imported | 0.0 % (up to {most_allowed(metrics):.1f}) |" in lines
    assert "No worst slice: in no slice is a local listing called imported." in lines
    assert "- Read this." in lines
    assert len(lines) < 40


def most_allowed(metrics: dict[str, Any]) -> float:
    return float(100 * (1 - 0.05 ** (1 / metrics["n_local_shops"])))


def test_a_random_split_has_a_column_of_its_own(market) -> None:
    table, p = market
    metrics = measure(table, p, redraws=40)
    metrics |= beside_random_split(metrics, table, p, (np.sqrt(p), np.full(300, "review", dtype=object)))
    lines = measured_card(metrics, "mine", "data", []).splitlines()
    assert "| figure | value (95 % interval over shops) | under a random split |" in lines
    (within,) = [line for line in lines if line.startswith("| ROC AUC within goods")]
    assert within.count("|") == 4
    assert all(line.count("|") == 4 for line in lines if line.startswith("|"))
