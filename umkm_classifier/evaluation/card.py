"""The model card that lies in every bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from umkm_classifier.evaluation.promise import decisions_in_words
from umkm_classifier.model.decision import DecisionRule


def model_card(name: str, training: Mapping[str, Any], data_fingerprint: str, rule: DecisionRule) -> str:
    """Return the card as Markdown: what the model learned from, how far its figures go, and what it is not for."""
    sources = [
        f"| {_cell(source) or '(none given)'} | {counts['n']} | {counts['n_local']} | {counts['n_imported']} |"
        for source, counts in training["label_sources"].items()
    ]
    views = [f"| {view} | {auc:.3f} |" for view, auc in training["out_of_fold_roc_auc"].items()]
    n_held = training.get("n_held_out", 0)
    held_out = (
        [f"Beside them {n_held} listings of other shops were held out to choose when to decide."] if n_held else []
    )
    notes = [f"- {note}" for note in training["notes"]] or ["- none"]
    return "\n".join(
        [
            f"# {_cell(name)}",
            "",
            "Tells whether a marketplace listing reads as locally made or as an imported good resold. An estimate for",
            "people who decide; nothing is to be removed or punished by its result alone.",
            "",
            "## Learned from",
            f"{training['n']} labelled listings in {training['n_groups']} groups (shops and near-duplicate texts "
            f"united); fingerprint `{data_fingerprint[:16]}`.",
            *held_out,
            "",
            "| label source | listings | local | imported |",
            "|---|---|---|---|",
            *sources,
            "",
            "A label is a declaration, a brand's country or a registration number, not a visit to a workshop.",
            "",
            "## Views, each alone, out of fold (area under the ROC curve, groups kept whole)",
            "| view | AUC |",
            "|---|---|",
            *views,
            "",
            "## Decisions",
            *decisions_in_words(rule),
            "",
            "## Notes from training",
            *notes,
            "",
            "## Not for",
            "Goods, marketplaces and years that it has not seen: measure first with `umkm evaluate`. No public",
            "labelled set holds imported batik, baju koko, sajadah or tasbih, so nothing here says how well those are",
            "told apart.",
            "",
        ]
    )


def _cell(text: str) -> str:
    """Keep a name from the user's side from ending a line, a cell of the table, or being no UTF-8."""
    return " ".join(text.replace("|", "/").split()).encode("utf-8", "replace").decode()
