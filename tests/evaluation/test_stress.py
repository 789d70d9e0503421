"""What a model makes of changed listings."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.small_models import adapted_bundle, plain_bundle
from umkm_classifier.bundle import load_bundle
from umkm_classifier.errors import InputError
from umkm_classifier.evaluation.bootstrap import once
from umkm_classifier.evaluation.explain import BARS, STRESSES
from umkm_classifier.evaluation.stress import read_stress, stress_model, stress_of, write_stress
from umkm_classifier.evaluation.stress_attack import find_phrases, halves
from umkm_classifier.evaluation.stress_figures import Means
from umkm_classifier.evaluation.stress_scores import ask, compare, with_caches
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.simulate.market import simulate


@pytest.fixture(scope="module")
def model() -> OriginModel:
    """A model that decides whatever the good, so that decisions do change."""
    found = load_bundle(plain_bundle()).model
    return dataclasses.replace(found, training={**found.training, "on_unsupported_good": "decide"})


@pytest.fixture(scope="module")
def market() -> Listings:
    return prepare(simulate(80, 31).records)[0]


@pytest.fixture(scope="module")
def found(model: OriginModel, market: Listings) -> dict[str, Any]:
    return stress_model(model, market, redraws=50)


def of_group(found: dict[str, Any], group: str) -> list[dict[str, Any]]:
    return [case for case in found["cases"] if case["group"] == group]


def test_every_kind_of_stress_is_there_and_has_a_name_in_the_report(found: dict[str, Any]) -> None:
    assert list(dict.fromkeys(case["group"] for case in found["cases"])) == list(STRESSES)
    assert {bar["figure"] for case in found["cases"] for bar in case.get("bars", ())} == set(BARS)
    assert (found["n"], found["n_local"] + found["n_imported"]) == (80, 80)
    assert {label: sum(counts.values()) for label, counts in found["decided"].items()} == {
        "local": found["n_local"],
        "imported": found["n_imported"],
    }
    json.dumps(found, allow_nan=False)


def test_claims_and_declared_origins_move_no_score(found: dict[str, Any]) -> None:
    for case in [*of_group(found, "claims"), *of_group(found, "declared_origin")]:
        assert case["max_shift"] == case["mean_shift"] == case["n_changed"] == 0
        assert case["bars"] == [{"figure": "max_shift", "at_most": 0.0, "found": 0.0, "kept": True}]


def test_what_cannot_be_measured_says_why(found: dict[str, Any]) -> None:
    assert {case["not_measured"] for case in of_group(found, "photo_quality")} == {"no photos"}
    assert [case["not_measured"] for case in of_group(found, "fields_emptied") if case["name"] == "photos"] == [
        "no photos"
    ]


def test_photos_of_which_the_model_sees_nothing_are_not_spoilt(model: OriginModel, market: Listings) -> None:
    photos = np.empty(len(market), dtype=object)
    photos[:] = [(b"x",)] * len(market)
    found = stress_model(model, market.replace(photos=photos), redraws=0)
    assert {case["not_measured"] for case in of_group(found, "photo_quality")} == {"the model looks at no photo"}
    assert not model.looks_at_photos


def test_figures_are_those_that_asking_by_hand_gives(
    found: dict[str, Any], model: OriginModel, market: Listings
) -> None:
    (case,) = [case for case in found["cases"] if case["name"] == "lower case"]
    texts = {name: np.asarray([text.lower() for text in market.column(name)]) for name in ("title", "description")}
    before, after = (model.predict(rows) for rows in (market, market.replace(**texts)))
    shift = np.asarray([b.log_odds - a.log_odds for a, b in zip(before, after, strict=True)])
    assert case["mean_shift"] == pytest.approx(shift.mean(), abs=1e-5)
    assert case["max_shift"] == pytest.approx(np.abs(shift).max(), abs=1e-5)
    decided = list(zip(market.column("label"), (a.decision for a in before), (b.decision for b in after), strict=True))
    flagged = sum(label == "local" and was != "imported" == now for label, was, now in decided)
    assert case["local_flagged"] == pytest.approx(flagged / found["n_local"])
    for label, changes in case["decisions"].items():
        for change, counted in changes.items():
            was, now = change.split(" to ")
            assert counted["n"] == sum(one == (label, was, now) for one in decided)
            assert counted["share"] == pytest.approx(counted["n"] / found[f"n_{label}"])


def test_the_same_seed_gives_the_same_figures_and_another_one_others(
    found: dict[str, Any], model: OriginModel, market: Listings
) -> None:
    assert stress_model(model, market, redraws=50) == found
    assert stress_model(model, market, redraws=50, seed=1)["cases"] != found["cases"]


def test_bars_are_counted_and_a_broken_one_is_said(
    model: OriginModel, market: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umkm_classifier.evaluation.stress_cases.SPARED", {"local_flagged": -1.0})
    broken = stress_model(model, market, redraws=0)
    of_text = of_group(broken, "text_quality")
    assert [bar["kept"] for case in of_text for bar in case["bars"]] == [False] * len(of_text)
    assert broken["bars"]["broken"] >= len(of_text)


def test_the_attack_looks_for_words_in_other_shops_than_it_tries_them_on(
    found: dict[str, Any], model: OriginModel, market: Listings
) -> None:
    (case,) = of_group(found, "adaptive")
    searched = found["adaptive"]
    assert searched["n_shops_searched"] == found["n_shops"] // 2
    assert 0 < len(searched["phrases"]) <= 10
    assert [phrase["mean_shift"] for phrase in searched["phrases"]] == sorted(
        phrase["mean_shift"] for phrase in searched["phrases"]
    )
    assert searched["phrases"][-1]["mean_shift"] < 0
    assert case["n_local"] == 0
    assert case["local_flagged"] is None
    assert case["mean_shift"] < 0


def test_no_attack_without_imported_listings_to_learn_it_from(model: OriginModel, market: Listings) -> None:
    local = market[np.flatnonzero(market.is_imported == 0)]
    found = stress_model(model, local, redraws=0)
    (case,) = of_group(found, "adaptive")
    assert case["not_measured"].startswith("imported listings in both halves")
    assert found["adaptive"] is None


def test_words_are_found_below_a_model_that_was_adapted(market: Listings) -> None:
    model = load_bundle(adapted_bundle()).model
    assert find_phrases(model, market, ask(model, market), 0)


def test_halves_keep_shops_whole() -> None:
    shops = np.asarray([0, 0, 1, 2, 2, 3])
    half = halves(shops, 0)
    assert {len(set(half[shops == shop])) for shop in range(4)} == {1}
    assert len(set(shops[half])) == 2


def test_a_row_that_reads_the_same_is_not_asked_again(model: OriginModel, market: Listings) -> None:
    said = ask(model, market)
    outcome = compare(model, market, market.replace(id=market.column("title")), said, np.arange(len(market)))
    assert outcome.after is said
    assert not outcome.changed.any()


def test_a_row_of_which_nothing_is_left_has_no_shift(model: OriginModel, market: Listings) -> None:
    gone = market.replace(title=np.full(len(market), "", dtype=object), rejected=np.ones(len(market), dtype=bool))
    outcome = compare(model, market, gone, ask(model, market), np.arange(len(market)))
    assert np.isnan(outcome.shift).all()
    assert set(outcome.after.decisions) == {"review"}


def test_a_model_that_remembers_says_the_same(market: Listings) -> None:
    model = load_bundle(adapted_bundle()).model
    with with_caches(model) as remembered:
        assert ask(remembered, market).log_odds.tolist() == ask(model, market).log_odds.tolist()


def test_a_mean_over_no_row_is_undefined_and_values_of_other_rows_do_not_count() -> None:
    means = Means(np.asarray([[1.0, np.nan, 3.0], [5.0, 5.0, 5.0]]), np.asarray([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))
    value = means(once(np.asarray([0, 1, 2])))[:, 0]
    assert value[0] == 2.0
    assert np.isnan(value[1])


def test_a_report_finds_what_stands_beside_it_if_it_is_of_its_model(tmp_path: Path) -> None:
    assert stress_of("a", tmp_path, None) == (None, ())
    write_stress(tmp_path, {"model": "m", "model_id": "a", "cases": []})
    shown, warnings = stress_of("a", tmp_path, None)
    assert (shown or {})["model"] == "m"
    assert warnings == ()
    assert stress_of("a", tmp_path / "elsewhere", tmp_path)[0] == shown
    nothing, (warning,) = stress_of("b", tmp_path, None)
    assert nothing is None
    assert warning == ("stress.json beside this report is of another model and is not shown; run umkm stress again.")


def test_a_stress_of_another_model_cannot_be_asked_for(tmp_path: Path) -> None:
    file = write_stress(tmp_path, {"model": "m", "model_id": "a"})
    with pytest.raises(InputError) as error:
        stress_of("b", tmp_path, file)
    assert str(error.value) == (
        f"{file}: the stress.json of model b expected, found that of a (m). Run 'umkm stress' with the model that is "
        "judged."
    )


@pytest.mark.parametrize("content", ["", "[1]", '{"format": 2}', "\xff"])
def test_what_is_no_stress_json_is_said_to_be_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "stress.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="expected, found"):
        read_stress(tmp_path / "stress.json")
