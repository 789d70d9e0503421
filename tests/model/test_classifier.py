"""The estimator over listings works where scikit-learn's own do."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score

from umkm_classifier.config import TrainConfig
from umkm_classifier.errors import LabelError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.classifier import ListingClassifier
from umkm_classifier.simulate.market import simulate

Frame = pd.DataFrame


@pytest.fixture(scope="module")
def frame() -> Frame:
    return pd.DataFrame(simulate(120, 0).records)


@pytest.fixture(scope="module")
def table(market: Any) -> Listings:
    return market(120, 0)


@pytest.fixture
def words(quick_parameters: dict[str, Any]) -> ListingClassifier:
    return ListingClassifier(**{**quick_parameters, "signals": ("words",)})


@pytest.fixture(scope="module")
def fitted(table: Listings, quick_parameters: dict[str, Any]) -> ListingClassifier:
    return ListingClassifier(**{**quick_parameters, "signals": ("words",)}).fit(table)


def test_its_parameters_are_the_settings_of_the_config_with_the_same_defaults() -> None:
    ours = set(TrainConfig.model_fields) - {"track", "columns", "encoding", "max_rejects", "photos"}
    parameters = ListingClassifier().get_params()
    assert set(parameters) == ours
    assert parameters == {name: getattr(TrainConfig(), name) for name in ours}
    kinds = {one.kind for name, one in inspect.signature(ListingClassifier).parameters.items()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_a_clone_has_the_parameters_and_nothing_learned(fitted: ListingClassifier) -> None:
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "model_")


def test_parameters_can_be_set_by_name(words: ListingClassifier) -> None:
    assert words.set_params(words_c=7.0, seed=3).get_params()["words_c"] == 7.0


def test_a_parameter_out_of_range_is_refused_when_fitting(words: ListingClassifier, table: Listings) -> None:
    with pytest.raises(ValueError, match=r"words_c\n  Input should be greater than 0"):
        words.set_params(words_c=-1.0).fit(table)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_nothing_is_predicted_before_fitting(words: ListingClassifier, table: Listings, method: str) -> None:
    with pytest.raises(NotFittedError, match=r"^This ListingClassifier instance is not fitted yet\."):
        getattr(words, method)(table)


def test_columns_of_probabilities_are_named_by_the_classes(fitted: ListingClassifier, table: Listings) -> None:
    assert fitted.classes_.tolist() == ["imported", "local"]
    p = fitted.predict_proba(table)
    assert p.shape == (120, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(p[:, 0], fitted.model_.p_imported(table))
    is_imported = table.is_imported.astype(bool)
    assert p[is_imported, 0].mean() > p[~is_imported, 0].mean() + 0.2


def test_the_likelier_class_is_predicted(fitted: ListingClassifier, table: Listings) -> None:
    p_imported = fitted.predict_proba(table)[:, 0]
    expected = ["imported" if p >= 0.5 else "local" for p in p_imported]
    assert fitted.predict(table).tolist() == expected
    assert set(expected) == {"imported", "local"}


def test_a_row_with_nothing_to_score_is_not_called_imported(fitted: ListingClassifier) -> None:
    listings, _ = prepare([{"price": 5000}, {"title": "kain batik"}])
    assert fitted.predict(listings)[0] == "local"
    assert np.isnan(fitted.predict_proba(listings)).tolist() == [[True, True], [False, False]]


def test_decisions_rank_as_probabilities_do(fitted: ListingClassifier, table: Listings) -> None:
    scores, p_local = fitted.decision_function(table), fitted.predict_proba(table)[:, 1]
    np.testing.assert_array_equal(np.argsort(scores, kind="stable"), np.argsort(p_local, kind="stable"))


def test_a_frame_is_as_good_as_listings(
    words: ListingClassifier, fitted: ListingClassifier, frame: Frame, table: Listings
) -> None:
    from_frame = words.fit(frame.drop(columns="label"), frame["label"])
    np.testing.assert_array_equal(from_frame.predict_proba(frame), fitted.predict_proba(table))
    np.testing.assert_array_equal(clone(words).fit(frame).predict_proba(frame), fitted.predict_proba(table))


def test_labels_given_apart_beat_the_column(words: ListingClassifier, table: Listings) -> None:
    turned = np.where(table.column("label") == "local", "imported", "local")
    p = words.fit(table, turned).predict_proba(table)[:, 0]
    is_imported = table.is_imported.astype(bool)
    assert p[is_imported].mean() < p[~is_imported].mean() - 0.2


def test_fault_55_labels_of_another_kind_are_refused(words: ListingClassifier, table: Listings) -> None:
    y = ["lokal", "loakl", *table.column("label")[2:]]
    with pytest.raises(LabelError) as caught:
        words.fit(table, y)
    assert str(caught.value) == (
        "y must hold 'local' and 'imported' only. Got ['loakl', 'lokal'] instead. Map your labels first."
    )


@pytest.mark.parametrize(("stray", "shown"), [(1, "'1'"), (None, "'None'"), (float("nan"), "'nan'"), ("", "''")])
def test_fault_56_labels_that_are_no_text_are_refused(
    words: ListingClassifier, table: Listings, stray: object, shown: str
) -> None:
    with pytest.raises(LabelError) as caught:
        words.fit(table, [stray, *table.column("label")[1:]])
    assert str(caught.value) == (
        f"y must hold 'local' and 'imported' only. Got [{shown}] instead. Map your labels first."
    )


def test_fault_55_an_unknown_label_in_the_column_is_refused(words: ListingClassifier, frame: Frame) -> None:
    spoilt = frame.copy()
    spoilt.loc[[4, 9], "label"] = "loakl"
    with pytest.raises(LabelError) as caught:
        words.fit(spoilt)
    assert str(caught.value) == (
        "label: expected 'local' or 'imported', found something else in 2 rows, the first is row 4. "
        "Correct these cells, or empty them to leave their rows without a label."
    )


def test_as_many_labels_as_listings_are_asked_for(words: ListingClassifier, table: Listings) -> None:
    with pytest.raises(ValueError, match=r"^Found input variables with inconsistent numbers of samples: \[120, 119\]$"):
        words.fit(table, table.column("label")[:-1])


@pytest.mark.parametrize("kind", ["listings", "frame"])
def test_cross_validation_keeps_shops_whole(words: ListingClassifier, table: Listings, frame: Frame, kind: str) -> None:
    X, y = (table, table.column("label")) if kind == "listings" else (frame, frame["label"])
    scores = cross_val_score(words, X, y, groups=frame["shop_id"], cv=GroupKFold(3), scoring="roc_auc")
    assert scores.shape == (3,)
    assert scores.mean() > 0.6


def test_a_grid_search_finds_a_setting(words: ListingClassifier, table: Listings) -> None:
    search = GridSearchCV(
        words, {"words_c": [1e-4, 3.0]}, cv=GroupKFold(2), scoring="neg_log_loss", error_score="raise"
    )
    search.fit(table, table.column("label"), groups=table.column("shop_id").astype(str))
    assert set(search.cv_results_["param_words_c"].tolist()) == {1e-4, 3.0}
    losses = dict(zip(search.cv_results_["param_words_c"].tolist(), search.cv_results_["mean_test_score"], strict=True))
    assert losses[1e-4] != losses[3.0]
    assert search.predict(table[:3]).shape == (3,)


def test_the_encoder_of_the_settings_is_used(quick_parameters: dict[str, Any], table: Listings) -> None:
    # without an encoder nothing is left of 'meaning', so that words carry the model
    settings = {**quick_parameters, "signals": ("words", "meaning"), "text_encoder": "none"}
    found = ListingClassifier(**settings).fit(table).model_
    assert {name.split(".")[0] for name in found.fusion.names} == {"words"}


def test_a_lone_listing_is_refused_with_advice(words: ListingClassifier) -> None:
    with pytest.raises(TypeError, match=r"wrap it in a list"):
        words.fit({"title": "kain"})


def test_the_package_loads_without_scikit_learn_until_the_estimator_is_asked_for(tmp_path: Path) -> None:
    loaded = "print('sklearn' in sys.modules)"
    code = f"import sys, umkm_classifier as umkm; {loaded}; umkm.ListingClassifier; {loaded}"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert done.stdout.split() == ["False", "True"]
