"""How parameters and metrics become what MLflow takes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.serving.mlflow_run import flat_numbers, flat_params

NESTED = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.floats(), max_size=3),
    lambda inner: st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NESTED_MAPPINGS = st.dictionaries(st.text(min_size=1, max_size=10), NESTED, max_size=5)


def test_nested_parameters_become_dotted_names() -> None:
    params = {"seed": 0, "track": True, "base": None, "data": Path("a/b.csv"), "columns": {"title": "judul"}}
    assert flat_params(params) == {
        "seed": "0",
        "track": "True",
        "base": "None",
        "data": "a/b.csv",
        "columns.title": "judul",
    }


def test_lists_become_json() -> None:
    assert flat_params({"signals": ("words", "facts"), "files": [Path("é.csv")]}) == {
        "signals": '["words", "facts"]',
        "files": '["é.csv"]',
    }


def test_a_value_longer_than_mlflow_takes_is_cut_with_a_sign() -> None:
    assert flat_params({"a": "x" * 6000, "b": "x" * 6001}) == {"a": "x" * 6000, "b": "x" * 5999 + "…"}


def test_only_finite_numbers_are_metrics() -> None:
    metrics = {
        "n": np.int64(3),
        "roc_auc": np.float32(0.5),
        "brier": 0.25,
        "ece": None,
        "ece_reason": "too few rows",
        "roc_auc_ci": [0.4, 0.6],
        "worse": False,
        "log_loss": math.inf,
        "odd": math.nan,
    }
    assert flat_numbers(metrics) == {"n": 3.0, "roc_auc": 0.5, "brier": 0.25}


def test_nested_metrics_become_paths_and_odd_letters_are_replaced() -> None:
    metrics = {"signals": {"words": {"roc_auc": 0.8}}, "slices": {"Tas & Koper": {"n": 4}}}
    assert flat_numbers(metrics) == {"signals/words/roc_auc": 0.8, "slices/Tas _ Koper/n": 4.0}


@given(NESTED_MAPPINGS)
def test_whatever_comes_only_finite_numbers_go(metrics: dict[str, object]) -> None:
    assert all(type(value) is float and math.isfinite(value) for value in flat_numbers(metrics).values())


@given(NESTED_MAPPINGS)
def test_whatever_comes_parameters_are_text_that_mlflow_takes(params: dict[str, object]) -> None:
    assert all(isinstance(value, str) and len(value) <= 6000 for value in flat_params(params).values())
