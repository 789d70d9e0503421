"""A fusion is a weighted sum; a view that is silent adds nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from umkm_classifier.model.fusion import Fusion, Platt

NAN = np.nan
NAMES = ("words.text", "facts.fields", "meaning.text")
WEIGHTS, ELSEWHERE = np.asarray([0.5, 0.0, 2.0]), np.asarray([0.25, 1.0, 1.0])
FUSION = Fusion(NAMES, WEIGHTS, ELSEWHERE, {"a": -1.0, "b": 3.0}, "a")
evidence = st.floats(-50, 50) | st.just(NAN)
rows_of_three = arrays(np.float64, st.tuples(st.integers(1, 5), st.just(3)), elements=evidence)


def labelled(columns: np.ndarray) -> np.ndarray:
    """Return that labels of both classes are known of every row's good."""
    return np.ones(len(columns), dtype=bool)


def test_log_odds_are_the_weighted_sum_and_the_intercept_of_the_source() -> None:
    columns = np.asarray([[2.0, 5.0, 1.0], [NAN, 5.0, 1.0], [NAN, NAN, NAN]])
    assert FUSION.log_odds(columns, labelled(columns)).tolist() == [-1.0 + 1.0 + 2.0, -1.0 + 2.0, -1.0]
    assert FUSION.parts(columns, labelled(columns)).tolist() == [[1.0, 0.0, 2.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]
    assert FUSION.intercept == -1.0


def test_a_row_of_a_good_without_labels_of_both_classes_is_weighed_otherwise() -> None:
    columns = np.asarray([[2.0, 5.0, 1.0], [2.0, 5.0, 1.0]])
    is_labelled = np.asarray([True, False])
    assert FUSION.parts(columns, is_labelled).tolist() == [[1.0, 0.0, 2.0], [0.5, 5.0, 1.0]]
    assert FUSION.log_odds(columns, is_labelled).tolist() == [2.0, 5.5]


def test_no_listing_gives_no_score() -> None:
    assert FUSION.log_odds(np.empty((0, 3)), np.empty(0, dtype=bool)).shape == (0,)


@given(rows=rows_of_three, view=st.integers(0, 2))
def test_a_silent_view_adds_nothing(rows: np.ndarray, view: int) -> None:
    silent, zero = rows.copy(), rows.copy()
    silent[:, view], zero[:, view] = NAN, 0.0
    np.testing.assert_array_equal(FUSION.log_odds(silent, labelled(rows)), FUSION.log_odds(zero, labelled(rows)))
    assert not FUSION.parts(silent, labelled(rows))[:, view].any()


@given(
    rows=rows_of_three,
    view=st.integers(0, 2),
    more=st.floats(0, 50),
    weights=arrays(np.float64, 3, elements=st.floats(0, 10)),
)
def test_more_evidence_for_imported_never_lowers_the_score(
    rows: np.ndarray, view: int, more: float, weights: np.ndarray
) -> None:
    fusion = Fusion(NAMES, weights, weights / 2, {"a": 0.3}, "a")
    raised = rows.copy()
    raised[:, view] = np.nan_to_num(rows[:, view]) + more
    lowered = rows.copy()
    lowered[:, view] = np.nan_to_num(rows[:, view])
    for known in (labelled(rows), ~labelled(rows)):
        assert np.all(fusion.log_odds(raised, known) >= fusion.log_odds(lowered, known))


@given(rows=rows_of_three)
def test_a_row_has_the_same_bits_whatever_its_mates(rows: np.ndarray) -> None:
    known = np.arange(len(rows)) % 2 == 0
    together = FUSION.log_odds(rows, known)
    for at in range(len(rows)):
        assert FUSION.log_odds(rows[at : at + 1], known[at : at + 1])[0] == together[at]


def test_another_source_has_its_own_intercept() -> None:
    silent = np.full((1, 3), NAN)
    other = Fusion(NAMES, WEIGHTS, ELSEWHERE, FUSION.intercepts, "b")
    assert other.log_odds(silent, labelled(silent)).tolist() == [3.0]


def test_the_curve_gives_known_probabilities() -> None:
    p = Platt(2.0, -1.0).probability(np.asarray([0.5, 0.5 + np.log(3.0) / 2.0, 0.5 - np.log(9.0) / 2.0]))
    assert p.tolist() == pytest.approx([0.5, 0.75, 0.1], abs=1e-12)


@given(x=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), slope=st.floats(0.05, 5), offset=st.floats(-5, 5))
def test_the_curve_rises_and_stays_a_probability(x: list[float], slope: float, offset: float) -> None:
    p = Platt(slope, offset).probability(np.sort(np.asarray(x)))
    assert np.all((p >= 0.0) & (p <= 1.0))
    assert np.all(np.diff(p) >= 0.0)


def test_the_curve_makes_no_number_of_a_missing_one() -> None:
    assert np.isnan(Platt(1.0, 0.0).probability(np.asarray([NAN]))).all()
