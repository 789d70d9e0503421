"""``umkm compare``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Umkm
from tests.small_models import adapted_bundle, market_file, plain_bundle
from umkm_classifier.evaluation import compare as figures

OTHERS = (240, 9)


def test_compare_says_each_rule_to_people_and_the_verdict_to_programs(
    umkm: Umkm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST_STRESSED", 8)
    done = umkm("compare", plain_bundle(), adapted_bundle(), market_file(*OTHERS), "--out", "compared", "--no-promote")
    written = json.loads(Path("compared/compare.json").read_text(encoding="utf-8"))
    assert done.code == 0
    assert done.json["verdict"] == written["verdict"] == "keep"
    assert done.json["reasons"] == written["reasons"]
    assert done.json["figures"] == written["figures"]
    assert done.json["compare"] == str(Path("compared/compare.json"))
    assert set(done.json["stress"]) == {"n", "newly_broken"}
    assert f"{market_file(*OTHERS)}: compared on 240 listings of {written['n_shops']} shops" in done.err
    for rule in written["rules"]:
        assert f"  {'yes' if rule['holds'] else 'no '} {rule['says']}" in done.err
    assert "keep: no alias was moved: the champion is kept" in done.err


def test_compare_says_how_many_listings_were_left_out(umkm: Umkm) -> None:
    done = umkm("compare", plain_bundle(), adapted_bundle(), market_file())
    assert (done.code, done.json["verdict"], done.json["compare"], done.json["stress"]) == (0, "keep", None, None)
    assert "160 listings were left out: a model has learned from them" in done.err


def test_a_model_that_is_not_there_ends_with_4(umkm: Umkm) -> None:
    assert umkm("compare", "nothing", plain_bundle(), market_file(*OTHERS)).code == 4
