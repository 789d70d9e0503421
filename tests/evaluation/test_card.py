"""The model card."""

from __future__ import annotations

from typing import Any

from umkm_classifier.evaluation.card import model_card
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
