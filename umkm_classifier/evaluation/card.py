"""Model cards: the one that lies in every bundle, and the one beside a report, of what was measured there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from umkm_classifier.evaluation.explain import most_without_error, worst_slice_says
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


MEASURED = (
    ("roc_auc", "ROC AUC (guessing: 0.5)", False),
    ("average_precision", "average precision", False),
    ("roc_auc_within_goods", "ROC AUC within goods", False),
    ("local_flagged_rate", "of a shop's local listings called imported", True),
    ("imported_passed_rate", "of a shop's imported listings called local", True),
    ("imported_caught_rate", "of imported listings called imported", True),
    ("review_rate", "left to a person", True),
)
SHOPS_OF = {"local_flagged_rate": "n_local_shops", "imported_passed_rate": "n_imported_shops"}


def measured_card(metrics: Mapping[str, Any], model: str, data: str, cautions: Sequence[str]) -> str:
    """Return a report in short as Markdown: figures with intervals, the worst slice, what to know first, limits.

    Parameters
    ----------
    metrics : mapping
        From ``measure``.
    model, data : str
        Names.
    cautions : sequence of str
        From ``report.cautions_of``.
    """
    worst = worst_slice_says(metrics)
    worst = "" if any(caution.startswith(worst) for caution in cautions) else worst  # told once
    sources = [
        f"- {_cell(source)}: {found['n'] - found['n_imported']} local, {found['n_imported']} imported"
        for source, found in metrics["slices"]["label_source"].items()
    ]
    return "\n".join(
        [
            f"# {_cell(model)} on {_cell(data)}",
            "",
            f"{metrics['n']:,} labelled listings of {metrics['n_shops']:,} shops, {metrics['n_imported']:,} imported.",
            "A person decides; nothing is to be removed or punished by a result alone.",
            "All of it: `report.html` and `metrics.json` beside this file.",
            "",
            *_figures(metrics),
            "",
            *([worst, ""] if worst else []),
            *(
                ["## Read this first", *(f"- {' '.join(caution.split())}" for caution in cautions), ""]
                if cautions
                else []
            ),
            "## Labels",
            *(sources or ["- no labelled listing has a score"]),
            "",
            "## Not for",
            "Proof about a single listing, judging quality, and goods and marketplaces that nobody labelled.",
            "No public labelled set holds imported batik, baju koko, sajadah or tasbih.",
            "",
        ]
    )


def _figures(metrics: Mapping[str, Any]) -> list[str]:
    """Return the figures as lines of a table, with a column for those of a random split where there are some."""
    at_random = metrics.get("random_split")
    lines = ["| figure | value (95 % interval over shops) |", "|---|---|"]
    lines += [f"| {name} | {_figure(metrics, key, metrics, percent=percent)} |" for key, name, percent in MEASURED]
    if at_random is None:
        return lines
    beside = [
        _figure(at_random, key, metrics, percent=percent) if key in at_random else "" for key, _, percent in MEASURED
    ]
    more = [" under a random split |", "---|", *(f" {cell} |" for cell in beside)]
    return [line + cell for line, cell in zip(lines, more, strict=True)]


def _figure(found: Mapping[str, Any], key: str, whole: Mapping[str, Any], *, percent: bool) -> str:
    """Return a figure of ``found``, with its interval; ``whole`` counts the shops behind a rate of mistakes."""
    if found[key] is None:
        return f"not known: {found[f'{key}_reason']}"
    if found[key] == 0.0 and key in SHOPS_OF:  # redraws of shops without a mistake never show one
        return f"0.0 % (up to {100 * most_without_error(whole[SHOPS_OF[key]]):.1f})"
    ends = found[f"{key}_ci"]
    if ends is not None and ends[0] == ends[1]:
        ends = None
    shown = [f"{100 * number:.1f}" if percent else f"{number:.3f}" for number in (found[key], *(ends or ()))]
    return shown[0] + (" %" if percent else "") + (f" ({shown[1]} to {shown[2]})" if ends else "")


def _cell(text: str) -> str:
    """Keep a name from the user's side from ending a line, a cell of the table, or being no UTF-8."""
    return " ".join(text.replace("|", "/").split()).encode("utf-8", "replace").decode()
