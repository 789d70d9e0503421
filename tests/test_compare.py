"""From two saved models and a table to a verdict, and what becomes of ``@champion``."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mlflow_stand_in import client_of, copy_ready_store, local
from tests.small_models import about, folder, market_file, plain_bundle, small_config
from umkm_classifier import compare, comparing
from umkm_classifier.bundle import About, load_bundle, save_bundle
from umkm_classifier.comparing import Compared
from umkm_classifier.errors import LabelError, OutputConflictError, TryAgainError, UsageError
from umkm_classifier.evaluation import compare as figures
from umkm_classifier.serving.mlflow_alias import Registered, move_champion
from umkm_classifier.tracking import track_run


@functools.cache
def strong_bundle() -> Path:
    """The small model without the digests of what it has learned from: on those rows it looks very good."""
    save_bundle(load_bundle(plain_bundle()).model, folder() / "strong", unknown())
    return folder() / "strong"


@functools.cache
def weak_bundle() -> Path:
    """A model that ranks the wrong way round."""
    model = load_bundle(plain_bundle()).model
    weights = -model.fusion.weights
    weak = dataclasses.replace(model, fusion=dataclasses.replace(model.fusion, weights=weights, elsewhere=weights))
    save_bundle(weak, folder() / "weak", unknown())
    return folder() / "weak"


def unknown() -> About:
    return dataclasses.replace(about(small_config()), row_hashes=())


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stress: it takes most of the time."""
    monkeypatch.setattr(comparing, "stressed_both", lambda *_, **__: {"n": 0, "bars": [], "newly_broken": []})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calm: None) -> str:
    """A store that holds the weak model as version 1 and the other as version 2."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_") and name != "MLFLOW_DISABLE_TELEMETRY"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    copy_ready_store(tmp_path)
    for bundle in (weak_bundle(), strong_bundle()):
        track_run(bundle, {}, {})
    return local(tmp_path)


def champion_in(store: str) -> str | None:
    version = client_of(store).get_registered_model("umkm").aliases.get("champion")
    return None if version is None else str(version)


def test_a_better_challenger_is_promoted_after_the_same_stress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_STRESSED", 12)
    found = compare(weak_bundle(), strong_bundle(), market_file(), out=tmp_path / "report")
    assert (found.verdict, found.promoted, found.warnings, found.rejects) == ("promote", None, (), [])
    assert found.alias == (
        "no alias was moved: the challenger is a folder. Train it with tracking (without --no-track), which registers "
        "it, then compare models:/NAME/VERSION"
    )
    assert found.file == tmp_path / "report/compare.json"
    written = json.loads((tmp_path / "report/compare.json").read_text(encoding="utf-8"))
    assert written == {"format": 1, **found.results}
    assert (written["champion"]["model"], written["challenger"]["model"]) == ("weak", "strong")
    assert (written["n"], written["n_left_out"], written["stress"]["n"]) == (160, 0, 12)
    assert {bar["group"] for bar in written["stress"]["bars"]} >= {"claims", "text_quality", "fields_emptied"}
    assert written["promised"] == {"local_flagged_rate": 0.02, "imported_passed_rate": 0.2}
    assert all(rule["holds"] for rule in written["rules"])


@pytest.mark.usefixtures("calm")
def test_a_worse_challenger_leaves_the_champion() -> None:
    found = compare(strong_bundle(), weak_bundle(), market_file())
    assert (found.verdict, found.file, found.promoted) == ("keep", None, None)
    assert found.alias == "no alias was moved: the champion is kept"
    assert {rule["rule"] for rule in found.results["rules"] if not rule["holds"]} >= {"roc_auc", "average_precision"}


def test_bars_that_the_challenger_alone_breaks_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def bars(model: str, *_: object, **__: object) -> dict[str, object]:
        of = {"a": (0.5, False), "b": (0.0, True)} if model == "champion" else {"a": (0.6, False), "b": (0.3, False)}
        made = [
            {"group": "prompt", "name": name, "bars": [{"figure": "f", "at_most": 0.1, "found": at, "kept": kept}]}
            for name, (at, kept) in of.items()
        ]
        return {"cases": [*made, {"group": "photo_quality", "name": "dark", "not_measured": "no photos"}]}

    monkeypatch.setattr(figures, "stress_model", bars)
    model = load_bundle(strong_bundle()).model
    listings = figures.ask_both(
        model, model, comparing.read_to_judge(market_file(60, 3), small_config())[0], frozenset()
    )
    found = figures.stressed_both("champion", "challenger", listings)  # type: ignore[arg-type]
    assert [bar["newly_broken"] for bar in found["bars"]] == [False, True]
    (bar,) = found["newly_broken"]
    assert (bar["name"], bar["champion"], bar["challenger"], bar["at_most"]) == ("b", 0.0, 0.3, 0.1)


def test_rows_that_a_model_has_learned_from_count_for_neither() -> None:
    found = compare(weak_bundle(), plain_bundle(), market_file())
    assert (found.verdict, found.results["n"], found.results["n_left_out"]) == ("keep", 0, 160)
    assert found.reasons[0] == (
        "too few rows that neither has seen: at least 50 are needed, there are 0 (160 listings that a model has "
        "learned from were left out)"
    )
    assert (found.results["stress"], found.results["figures"]["roc_auc"]["difference"]) == (None, None)


def test_a_registered_challenger_that_is_better_becomes_the_champion(store: str) -> None:
    data = market_file()
    client_of(store).set_registered_model_alias("umkm", "champion", "1")
    left = compare("models:/umkm@champion", "models:/umkm/2", data, promote=False)
    assert (left.verdict, left.alias) == ("promote", "models:/umkm@champion was left as it is: --no-promote")
    assert champion_in(store) == "1"
    found = compare("models:/umkm@champion", "models:/umkm/2", data)
    assert (found.verdict, found.promoted) == ("promote", "models:/umkm/2")
    assert found.alias == "models:/umkm@champion is version 2 now; it was version 1"
    assert champion_in(store) == "2"
    with pytest.raises(UsageError) as caught:
        compare("models:/umkm/1", "models:/umkm/2", data)
    assert str(caught.value) == (
        "models:/umkm@champion: the champion to compare with expected to be the one that it names, version 2, found "
        "another model. Give 'models:/umkm@champion' as CHAMPION, or compare without moving it: --no-promote."
    )
    kept = compare(strong_bundle(), "models:/umkm/1", data)  # a folder, and yet the very model
    assert (kept.verdict, champion_in(store)) == ("keep", "2")


def test_where_there_is_no_champion_yet_any_bundle_may_be_compared_with(store: str) -> None:
    found = compare(weak_bundle(), "models:/umkm/2", market_file())
    assert found.alias == "models:/umkm@champion is version 2 now; it was not set before"
    assert champion_in(store) == "2"


def test_an_alias_that_was_moved_meanwhile_stays_and_the_verdict_is_kept(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_champion(Registered("umkm", "1"), None)
    compared: Callable[..., dict[str, object]] = comparing.compared_figures

    def meanwhile(*given: object, **named: object) -> dict[str, object]:
        move_champion(Registered("umkm", "2"), "1")
        return compared(*given, **named)

    monkeypatch.setattr(comparing, "compared_figures", meanwhile)
    with pytest.raises(TryAgainError, match="somebody moved it meanwhile"):
        compare("models:/umkm@champion", "models:/umkm/2", market_file(), out=tmp_path / "report")
    assert champion_in(store) == "2"
    assert json.loads((tmp_path / "report/compare.json").read_text(encoding="utf-8"))["verdict"] == "promote"


def test_a_report_is_not_written_into_a_model_and_labels_are_needed(table: Callable[..., Path]) -> None:
    with pytest.raises(OutputConflictError):
        compare(weak_bundle(), strong_bundle(), market_file(), out=strong_bundle())
    with pytest.raises(LabelError):
        compare(weak_bundle(), strong_bundle(), table([{"title": "Kain batik"}]))


def test_a_comparison_can_be_repeated(calm: None) -> None:
    def once() -> Compared:
        return compare(weak_bundle(), strong_bundle(), market_file())

    assert once() == once()
