"""Stress a model: change listings in ways that should matter little, and see what becomes of its answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.errors import InputError
from umkm_classifier.evaluation.judged import Judged, judge
from umkm_classifier.evaluation.report import write_file
from umkm_classifier.evaluation.stress_attack import find_phrases, halves
from umkm_classifier.evaluation.stress_cases import FOUND_OUT, Case, cases, pasted
from umkm_classifier.evaluation.stress_figures import figures_of
from umkm_classifier.evaluation.stress_scores import Outcome, Said, ask, compare, with_caches
from umkm_classifier.listings.listing import LABELS, Listings
from umkm_classifier.model.origin import OriginModel

STRESS_FILE = "stress.json"
FORMAT = 1
NO_PHOTO_SIGNAL = "the model looks at no photo"
ONE_HALF = "imported listings in both halves of the shops, and words that speak for local, are needed"


def stress_model(model: OriginModel, listings: Listings, *, seed: int = 0, redraws: int = 1000) -> dict[str, Any]:
    """Stress a model on a labelled table.

    Parameters
    ----------
    model : OriginModel
    listings : Listings
        Rows that are labelled and get an answer are stressed.
    seed : int
        Chooses what is drawn: claims, typing mistakes, halves of shops, redraws.
    redraws : int
        Of shops, for intervals.

    Returns
    -------
    dict
        What ``stress.json`` holds besides names of model and table; see ``docs/stress.md``.
    """
    with with_caches(model) as remembered:
        said = ask(remembered, listings)
        judged = judge(listings, {"p_imported": said.p_imported})
        said = said.take(judged.rows)
        sees = model.looks_at_photos
        tried: list[tuple[Case, Outcome | str]] = [
            (case, _try(remembered, judged, said, case, sees)) for case in cases(seed)
        ]
        attack, outcome, searched = _attack(remembered, judged, said, seed)
    tried.append((attack, outcome))
    measured = [(case, outcome) for case, outcome in tried if not isinstance(outcome, str)]
    figures = iter(figures_of(measured, judged, redraws, seed))
    found = [
        {"group": case.group, "name": case.name}
        | ({"not_measured": outcome} if isinstance(outcome, str) else next(figures))
        for case, outcome in tried
    ]
    n_imported = int(judged.is_imported.sum())
    decided = {
        label: dict(sorted(Counter(said.decisions[judged.is_imported == (label == "imported")]).items()))
        for label in LABELS
    }
    return {
        "n": len(judged), "n_local": len(judged) - n_imported, "n_imported": n_imported, "n_shops": judged.n_shops,
        "seed": seed, "redraws": redraws, "decided": decided, "bars": _count_bars(found),
        "adaptive": searched, "cases": found,
    }  # fmt: skip


def _try(model: OriginModel, judged: Judged, said: Said, case: Case, sees_photos: bool) -> Outcome | str:
    """Return what a stress did, or why it could not be tried."""
    rows = np.arange(len(judged)) if case.rows is None else case.rows(judged.listings)
    if not len(rows):
        return case.why_none
    if case.group == "photo_quality" and not sees_photos:
        return NO_PHOTO_SIGNAL
    plain, before = judged.listings[rows], said.take(rows)
    if case.before is not None:
        compared = case.before(plain)
        before = compare(model, plain, compared, before, rows).after
        plain = compared
    return compare(model, plain, case.change(plain), before, rows)


def _attack(
    model: OriginModel, judged: Judged, said: Said, seed: int
) -> tuple[Case, Outcome | str, dict[str, Any] | None]:
    """Look for words among half of the shops, paste them into the imported listings of the others."""
    of_search = halves(judged.shops, seed)
    searched, tried = np.flatnonzero(of_search), np.flatnonzero(~of_search & judged.is_imported)
    name = "words of local listings pasted into imported ones"
    phrases = []
    if len(tried) and judged.is_imported[searched].any():
        phrases = find_phrases(model, judged.listings[searched], said.take(searched), seed)
    texts = tuple(phrase.text for phrase in phrases)
    case = Case("adaptive", name, partial(pasted, texts), FOUND_OUT, rows=lambda _: tried)
    if not phrases:
        return case, ONE_HALF, None
    shown = [{"text": one.text, "kind": one.kind, "mean_shift": one.mean_shift} for one in phrases]
    described = {"n_searched": len(searched), "n_shops_searched": len(np.unique(judged.shops[searched]))}
    return case, _try(model, judged, said, case, True), described | {"phrases": shown}


def _count_bars(found: list[dict[str, Any]]) -> dict[str, int]:
    counts = Counter("kept" if bar["kept"] else "broken" for case in found for bar in case.get("bars", ()))
    return {"kept": counts["kept"], "broken": counts["broken"]}


def write_stress(folder: Path, stressed: Mapping[str, Any]) -> Path:
    """Write ``stress.json``; an earlier one is replaced in one step. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, **stressed}, allow_nan=False, ensure_ascii=False, indent=1)
    return write_file(folder / STRESS_FILE, text + "\n")


def read_stress(file: Path) -> dict[str, Any]:
    """Read a ``stress.json``.

    Raises
    ------
    InputError
        If there is none, or it is none of this version.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{file}: what 'umkm stress' writes expected, found nothing that can be read: {error}. Check the path."
        ) from error
    known = found.get("format") if isinstance(found, dict) else None
    if known != FORMAT:
        raise InputError(
            f"{file}: a stress.json of format {FORMAT} expected, found format {known!r}. Run 'umkm stress' again."
        )
    return dict(found)


def stress_of(model_id: str, folder: Path, given: str | Path | None) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Return what is known of a model under stress, for its report, and what to warn of.

    Parameters
    ----------
    model_id : str
    folder : Path
        Of the report; a ``stress.json`` in it is taken if it is of this model.
    given : str, Path or None
        Another ``stress.json``, or its folder.

    Raises
    ------
    InputError
        If ``given`` is none that can be read, or one of another model.
    """
    file = Path(given) if given is not None else folder
    file = file / STRESS_FILE if file.is_dir() else file
    if given is None and not file.is_file():
        return None, ()
    found = read_stress(file)
    if found["model_id"] == model_id:
        return found, ()
    if given is None:
        return None, (f"{STRESS_FILE} beside this report is of another model and is not shown; run umkm stress again.",)
    raise InputError(
        f"{file}: the stress.json of model {model_id} expected, found that of {found['model_id']} "
        f"({found['model']}). Run 'umkm stress' with the model that is judged."
    )
