"""Compare a challenger with the champion on labelled listings, and let ``@champion`` name the better one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from umkm_classifier import bundle
from umkm_classifier.bundle_checks import read_manifest
from umkm_classifier.bundle_files import check_report_place, writing
from umkm_classifier.config import TrainConfig
from umkm_classifier.errors import UsageError
from umkm_classifier.evaluation.compare import (
    Asked,
    ask_both,
    compared_figures,
    promised_of,
    stressed_both,
    stricter,
)
from umkm_classifier.evaluation.compare_verdict import KEEP, PROMOTE, rules, too_few, verdict_of
from umkm_classifier.evaluation.evaluate import fingerprint
from umkm_classifier.evaluation.report import write_file
from umkm_classifier.judge import id_of, read_to_judge
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.remarks import remarks
from umkm_classifier.serving.mlflow_alias import Registered, alias_uri, champion_of, move_champion, registered
from umkm_classifier.serving.predictor import resolve

COMPARE_FILE = "compare.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found.

    Parameters
    ----------
    results : dict of str to Any
        What ``compare.json`` holds.
    file : Path or None
        Where it was written; None without ``out``.
    rejects : list of Reject
    """

    results: dict[str, Any]
    file: Path | None
    rejects: list[Reject] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """``'promote'`` or ``'keep'``."""
        return str(self.results["verdict"])

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why: what every rule says, or what those say that do not hold."""
        return tuple(self.results["reasons"])

    @property
    def promoted(self) -> str | None:
        """``models:/NAME/VERSION`` that ``@champion`` names now; None when it was not moved."""
        return None if self.results["promoted"] is None else str(self.results["promoted"])

    @property
    def alias(self) -> str:
        """What became of the alias, and what to do."""
        return str(self.results["alias"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know first."""
        return tuple(self.results["warnings"])


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both models, the version of the challenger where it is registered, and the one that ``@champion`` names."""

    champion: bundle.Bundle
    challenger: bundle.Bundle
    version: Registered | None
    since: str | None


def compare(
    champion: str | Path,
    challenger: str | Path,
    data: str | Path,
    *,
    config: TrainConfig | None = None,
    out: str | Path | None = None,
    promote: bool = True,
) -> Compared:
    """Compare two saved models on the same labelled rows, and promote the challenger where it is the better one.

    Rows that either has learned from count for neither. The rules stand in ``docs/compare.md``. A challenger that is a
    registered version (``models:/NAME/VERSION``) and is promoted gets the alias ``@champion`` of ``NAME``.

    Parameters
    ----------
    champion, challenger : str or Path
        What ``load`` takes. Where ``@champion`` of the challenger's name is set, the champion must be that model.
    data : str or Path
        A labelled table, best of shops that neither has learned from.
    config : TrainConfig or None
        How the table is read; its seed draws redraws and stress.
    out : str, Path or None
        Folder for ``compare.json``.
    promote : bool
        False: no alias is moved, and the champion may be any model.

    Raises
    ------
    UsageError
        If ``@champion`` names another model than the one to compare with.
    InputError, LabelError, TooManyRejectsError, BundleError, OutputConflictError
        See ``stress``.
    TryAgainError
        If the alias was moved by somebody else meanwhile, or cannot be moved; ``compare.json`` is there then.
    """
    config, folder = config if config is not None else TrainConfig(), None if out is None else Path(out)
    if folder is not None:
        check_report_place(folder)
    sides = _sides(champion, challenger, promote=promote)
    listings, rejects = read_to_judge(data, config)
    results: dict[str, Any] = {
        "champion": _described(champion, sides.champion),
        "challenger": _described(challenger, sides.challenger),
        "data": Path(data).name,
    } | _compared(sides, listings, config.seed)
    _write(folder, results)  # a comparison takes minutes: it is there whatever becomes of the alias
    to = sides.version if results["verdict"] == PROMOTE and promote else None
    if to is not None:
        move_champion(to, sides.since)
    says = _alias(sides, results["verdict"], promote=promote)
    results |= {"promoted": None if to is None else to.uri, "alias": says}
    return Compared(results, _write(folder, results), rejects)


def _sides(champion: str | Path, challenger: str | Path, *, promote: bool) -> _Sides:
    """Load both; aliases are looked up once, so that each name means one model from here on."""
    of_champion, version = registered(champion), registered(challenger)
    since = champion_of(version.name) if version is not None else None
    loaded = [
        bundle.load_bundle(resolve(model if named is None else named.uri))
        for model, named in ((champion, of_champion), (challenger, version))
    ]
    if promote and version is not None and since is not None:
        _check_champion(loaded[0], Registered(version.name, since))
    return _Sides(loaded[0], loaded[1], version, since)


def _check_champion(champion: bundle.Bundle, now: Registered) -> None:
    """Refuse to replace a model that the challenger was not compared with."""
    if read_manifest(resolve(now.uri))["sha256"] != champion.manifest["sha256"]:
        raise UsageError(
            f"{alias_uri(now.name)}: the champion to compare with expected to be the one that it names, version "
            f"{now.version}, found another model. Give '{alias_uri(now.name)}' as CHAMPION, or compare without moving "
            "it: --no-promote."
        )


def _described(model: str | Path, loaded: bundle.Bundle) -> dict[str, Any]:
    name = model if isinstance(model, str) and model.startswith("models:/") else loaded.path.name
    return {"model": name, "model_id": id_of(loaded)}


def _compared(sides: _Sides, listings: Listings, seed: int) -> dict[str, Any]:
    models = sides.champion.model, sides.challenger.model
    asked = ask_both(*models, listings, sides.champion.row_hashes | sides.challenger.row_hashes)
    figures = compared_figures(asked, seed=seed)
    promised = stricter(promised_of(sides.champion.manifest), promised_of(sides.challenger.manifest))
    found, stressed = too_few(asked), None
    if not found:
        stressed = stressed_both(*models, asked, seed=seed)
        found = rules(asked, figures, promised, stressed)
    verdict, reasons = verdict_of(found)
    return {
        "data_fingerprint": fingerprint(listings),
        "warnings": remarks(listings),
        "verdict": verdict,
        "reasons": list(reasons),
        "rules": [rule._asdict() for rule in found],
        **_counts(asked),
        "seed": seed,
        "figures": figures,
        "promised": promised._asdict(),
        "stress": stressed,
    } | ({} if stressed else {"stress_reason": "there are too few rows to decide anything"})


def _counts(asked: Asked) -> dict[str, Any]:
    judged = asked.judged
    n_imported = int(judged.is_imported.sum())
    return {
        "n": len(judged),
        "n_local": len(judged) - n_imported,
        "n_imported": n_imported,
        "n_shops": judged.n_shops,
        "n_local_shops": judged.shops_of(False),
        "n_imported_shops": judged.shops_of(True),
        "n_left_out": asked.n_seen,
        "n_silent_champion": asked.n_silent_champion,
        "n_silent_challenger": asked.n_silent_challenger,
    }


def _alias(sides: _Sides, verdict: str, *, promote: bool) -> str:
    if verdict == KEEP:
        return "no alias was moved: the champion is kept"
    if sides.version is None:
        return (
            "no alias was moved: the challenger is a folder. Train it with tracking (without --no-track), which "
            "registers it, then compare models:/NAME/VERSION"
        )
    uri = alias_uri(sides.version.name)
    if not promote:
        return f"{uri} was left as it is: --no-promote"
    before = "it was not set before" if sides.since is None else f"it was version {sides.since}"
    return f"{uri} is version {sides.version.version} now; {before}"


def _write(folder: Path | None, results: dict[str, Any]) -> Path | None:
    if folder is None:
        return None
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"format": FORMAT, **results}, allow_nan=False, ensure_ascii=False, indent=1)
        return write_file(folder / COMPARE_FILE, text + "\n")
