"""The predictor that a service imports."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.small_models import adapted_bundle, files_below, meaning_bundle, plain_bundle
from umkm_classifier.errors import BundleError, UsageError
from umkm_classifier.listings.listing import Listing
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.serving import predictor as predictor_module
from umkm_classifier.serving.predictor import Predictor, load, predict
from umkm_classifier.simulate.market import simulate

RECORDS = simulate(24, 99).records


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    """A predictor whose every view has a say."""
    return load(meaning_bundle())


def test_predict_keeps_the_order_and_the_length_of_its_input(predictor: Predictor) -> None:
    forwards = predictor.predict(RECORDS)
    backwards = predictor.predict(RECORDS[::-1])
    assert [answer.id for answer in forwards] == [record["id"] for record in RECORDS]
    assert backwards == forwards[::-1]
    assert predictor.predict([]) == []


def test_rows_that_cannot_be_scored_keep_their_place(predictor: Predictor) -> None:
    answers = predictor.predict([{"title": "Kain batik"}, {}, {"title": None}, {"title": "Sajadah"}, {"price": "25rb"}])
    assert [answer.status for answer in answers] == ["ok", "rejected", "rejected", "ok", "rejected"]
    assert [answer.id for answer in answers] == ["0", "1", "2", "3", "4"]


def test_a_rejected_row_has_no_probability_and_is_for_review(predictor: Predictor) -> None:
    (answer,) = predictor.predict([{"id": "a-7", "price": "Rp25.000"}])
    assert answer.to_dict() == {
        "id": "a-7", "decision": "review", "p_imported": None, "log_odds": None, "status": "rejected",
        "notes": ["no_content", "text_missing"], "signals": {}, "reasons": [], "neighbours": [], "good": "",
        "photo_index": None,
    }  # fmt: skip


def test_a_row_that_was_not_read_whole_is_degraded_and_scored(predictor: Predictor) -> None:
    whole, cut = predictor.predict([{"title": "kain batik"}, {"title": "kain batik", "description": "halus " * 5000}])
    assert (whole.status, whole.notes) == ("ok", ("no_guarantee_for_good",))
    assert (cut.status, cut.notes) == ("degraded", ("text_truncated", "no_guarantee_for_good"))
    assert cut.p_imported is not None


def test_an_expected_share_of_imports_moves_probabilities_and_no_decision(predictor: Predictor) -> None:
    usual, few = (predictor.predict(RECORDS, expected_share_imported=share) for share in (None, 0.05))
    assert [one.decision for one in few] == [one.decision for one in usual]
    assert all(b.p_imported < a.p_imported for a, b in zip(usual, few, strict=True) if a.p_imported and b.p_imported)
    assert load(meaning_bundle(), expected_share_imported=0.05).predict(RECORDS) == few
    of_call = load(meaning_bundle(), expected_share_imported=0.9).predict(RECORDS, expected_share_imported=0.05)
    assert of_call == few


@pytest.mark.parametrize("share", [0.0, 1.0, -0.2, 30.0, float("nan")])
def test_a_share_that_is_none_is_refused(predictor: Predictor, share: float) -> None:
    said = (
        f"expected_share_imported: a share above 0 and below 1 expected, found {share!r}. Give for instance 0.3 where "
        "about 30 of 100 listings are imported."
    )
    for ask in (
        lambda: load(meaning_bundle(), expected_share_imported=share),
        lambda: predictor.predict(RECORDS, expected_share_imported=share),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert str(caught.value) == said


@pytest.mark.parametrize("row", [None, 7, 1.5, [], [["title", "batik"]], object(), b"batik", {"title": ["batik"]}])
def test_no_row_raises_whatever_it_is(predictor: Predictor, row: Any) -> None:
    broken, good = predictor.predict([row, {"title": "Kain batik"}])
    assert (broken.status, broken.decision, broken.p_imported) == ("rejected", "review", None)
    assert good == dataclasses.replace(predictor.predict([{"title": "Kain batik"}])[0], id="1")


def test_every_kind_of_input_gets_the_same_answers(predictor: Predictor) -> None:
    import datasets
    import pandas as pd

    expected = predictor.predict(RECORDS)
    fields = {field.name for field in dataclasses.fields(Listing)}
    given = [{name: value or None for name, value in record.items() if name in fields} for record in RECORDS]
    inputs: dict[str, Any] = {
        "mappings": given,
        "tuple": tuple(given),
        "generator": (record for record in given),
        "Listing": [Listing(**{**record, "photos": ()}) for record in given],
        "Listings": prepare(RECORDS)[0],
        "DataFrame": pd.DataFrame(RECORDS, index=range(100, 124)),
        "Dataset": datasets.Dataset.from_list(RECORDS),
    }
    answers = {name: predictor.predict(listings) for name, listings in inputs.items()}
    assert {name: got == expected for name, got in answers.items()} == dict.fromkeys(inputs, True)


@pytest.mark.parametrize("lone", [Listing(title="Kain batik"), {"title": "Kain batik"}])
def test_a_lone_listing_is_a_type_error_with_advice(predictor: Predictor, lone: Any) -> None:
    with pytest.raises(TypeError) as caught:
        predictor.predict(lone)
    assert str(caught.value) == "predict takes a sequence of listings; wrap it in a list: predict([listing])"


def test_a_text_and_a_list_of_texts_are_type_errors_with_advice(predictor: Predictor) -> None:
    with pytest.raises(TypeError) as caught:
        predictor.predict("Kain batik")
    assert str(caught.value) == (
        "predict takes a sequence of listings, found a text; read a file with read(path) first"
    )
    with pytest.raises(TypeError) as caught:
        predictor.predict(["Kain batik", "Sajadah"])
    assert str(caught.value) == ("predict takes listings, found texts; give each a name: predict([{'title': text}])")


def test_eight_threads_get_the_same_answers_to_the_bit(predictor: Predictor) -> None:
    expected = predictor.predict(RECORDS)
    alone = [predictor.predict([record])[0] for record in RECORDS]

    def ask(thread: int) -> list[Any]:
        if thread % 2:
            return predictor.predict(RECORDS)
        return [predictor.predict([record])[0] for record in RECORDS]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    for thread, got in enumerate(answers):
        assert got == (expected if thread % 2 else alone)


@pytest.mark.parametrize("bundle", [plain_bundle, meaning_bundle], ids=lambda made: made.__name__)
def test_batch_size_and_mates_do_not_change_an_answer(bundle: Callable[[], Path]) -> None:
    model = load(bundle())
    mates = simulate(600 if bundle is plain_bundle else 20, 3).records  # 600: over 512, the batch is parted
    answers = model.predict([*mates, *RECORDS])[-len(RECORDS) :]
    for record, among_many in zip(RECORDS, answers, strict=True):
        (alone,) = model.predict([record])
        assert alone.p_imported == pytest.approx(among_many.p_imported, abs=1e-6)
        assert alone.decision == among_many.decision
        assert [reason.evidence for reason in alone.reasons] == [reason.evidence for reason in among_many.reasons]


def test_the_same_listing_twice_in_a_batch_gets_the_same_answer_twice(predictor: Predictor) -> None:
    first, second = predictor.predict([RECORDS[0], {**RECORDS[0], "id": "again"}])
    assert dataclasses.replace(second, id=first.id, notes=first.notes) == first


def test_reasons_add_up_to_the_log_odds_and_signals_to_all_but_the_prior(predictor: Predictor) -> None:
    for answer in predictor.predict(RECORDS):
        assert answer.log_odds is not None
        assert sum(reason.log_odds for reason in answer.reasons) == pytest.approx(answer.log_odds, abs=1e-9)
        spoken = sum(value for value in answer.signals.values() if value is not None)
        assert spoken + predictor.model.fusion.intercept == pytest.approx(answer.log_odds, abs=1e-9)
        assert set(answer.signals) == {"words", "meaning", "facts"}


def test_without_reasons_the_numbers_are_the_same(predictor: Predictor) -> None:
    with_reasons, without = predictor.predict(RECORDS), predictor.predict(RECORDS, explain=False)
    assert without == [dataclasses.replace(answer, reasons=(), neighbours=()) for answer in with_reasons]


def test_neighbours_are_listings_that_were_learned_from(predictor: Predictor) -> None:
    (answer,) = predictor.predict([RECORDS[0]])
    assert len(answer.neighbours) == 3
    assert all(re.fullmatch(r"L\d{6}", neighbour.id) for neighbour in answer.neighbours)
    assert {neighbour.label for neighbour in answer.neighbours} <= {"local", "imported"}


def test_an_answer_is_strict_json(predictor: Predictor) -> None:
    for answer in predictor.predict([*RECORDS, {}, {"title": "a\ud800b", "id": "\ud800"}]):
        assert json.loads(json.dumps(answer.to_dict(), allow_nan=False))["decision"] in ("local", "imported", "review")


@pytest.mark.parametrize("spoilt", ["weights", "intercepts"])
def test_fault_69_a_score_that_is_not_finite_is_rejected(predictor: Predictor, spoilt: str) -> None:
    model = predictor.model
    if spoilt == "weights":
        fusion = dataclasses.replace(model.fusion, weights=np.full_like(model.fusion.weights, np.nan))
    else:
        fusion = dataclasses.replace(model.fusion, intercepts={model.fusion.source: np.inf})
    broken = Predictor(dataclasses.replace(model, fusion=fusion), {})
    (answer,) = broken.predict([{"id": "a", "title": "Kain batik", "price": "Rp1.250.000"}])
    assert (answer.decision, answer.p_imported, answer.status) == ("review", None, "rejected")
    assert answer.notes == ("score_not_finite",)
    json.dumps(answer.to_dict(), allow_nan=False)


def test_a_label_in_the_input_changes_nothing(predictor: Predictor) -> None:
    local, imported = predictor.predict([{**RECORDS[0], "label": label} for label in ("local", "imported")])
    assert local.p_imported == imported.p_imported


def test_predict_takes_a_path_a_predictor_or_the_starter(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = predictor.predict(RECORDS[:3])
    assert predict(RECORDS[:3], predictor) == expected
    assert predict(RECORDS[:3], meaning_bundle()) == expected
    assert predict(RECORDS[:3], str(meaning_bundle())) == expected
    monkeypatch.setattr(predictor_module, "STARTER", meaning_bundle())
    assert predict(RECORDS[:3]) == expected
    assert load().manifest == predictor.manifest


def test_an_installation_without_a_starter_says_how_to_get_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictor_module, "STARTER", tmp_path / "starter")
    with pytest.raises(BundleError) as caught:
        load()
    assert str(caught.value) == (
        "starter: the model that the package brings expected, found none. Install the package again, or, in a "
        "checkout, run 'make starter'. Or train one, 'umkm train DATA --out models/mine', and name it: 'umkm predict "
        "models/mine --title TITLE', or load('models/mine') in Python."
    )


@pytest.mark.parametrize(
    "listing",
    [
        {"photos": ["a.jpg"]},
        {"title": "."},
        {"title": "-", "brand": "Asri", "price": "5000"},
        {"title": "😀😀", "shop_city": "Surakarta"},
        {"title": "蜡染布料", "brand": "Asri", "category": "Fashion"},
    ],
    ids=["a photo alone", "a full stop", "a hyphen", "emoji", "Han alone"],
)
@pytest.mark.parametrize("bundle", [plain_bundle, meaning_bundle, adapted_bundle])
def test_a_listing_in_which_there_is_nothing_to_judge_is_rejected(
    bundle: Callable[[], Path], listing: dict[str, Any]
) -> None:
    (answer,) = load(bundle()).predict([listing])
    assert (answer.p_imported, answer.log_odds, answer.decision, answer.status) == (None, None, "review", "rejected")
    assert {"no_signal", "no_content"} & set(answer.notes)
    assert (answer.signals, answer.reasons, answer.neighbours) == ({}, (), ())


def test_a_path_called_starter_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match=r"^starter: a folder with a trained model expected, found no manifest\.json"):
        load(Path("starter"))


def test_loading_and_predicting_write_nothing_into_the_bundle() -> None:
    before = files_below(plain_bundle())
    load(plain_bundle()).predict(RECORDS)
    assert files_below(plain_bundle()) == before
