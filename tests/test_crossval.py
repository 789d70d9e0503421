"""Judging by folds, and training with an encoder that had to be exported."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.small_models import copy_of, files_below, market_file, sign, small_config
from umkm_classifier.bundle import load_bundle
from umkm_classifier.errors import BundleCorruptError
from umkm_classifier.evaluation.report import ReportContext
from umkm_classifier.listings.table import read
from umkm_classifier.simulate.market import simulate
from umkm_classifier.train import crossval, train

QUICK = small_config(signals=("words",))
ROOT = Path(__file__).resolve().parents[1]


def test_crossval_scores_every_labelled_row_once(tmp_path: Path) -> None:
    judged = crossval(market_file(), tmp_path / "cv", config=QUICK)
    assert sorted(path.name for path in (tmp_path / "cv").iterdir()) == [
        "MODEL_CARD.md", "metrics.json", "out_of_fold.csv", "report.html",
    ]  # fmt: skip
    with (tmp_path / "cv/out_of_fold.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == list(read(market_file())[0].column("id"))
    assert all(0 < float(row["p_imported"]) < 1 for row in rows)
    assert judged.metrics["n"] == len(rows) == 160
    assert set(judged.metrics["signals"]) == set(rows[0]) - {"id", "shop_id", "label", "p_imported"}


def test_crossval_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        crossval(market_file(), tmp_path / name, config=QUICK)
    assert files_below(tmp_path / "first") == files_below(tmp_path / "second")


def test_crossval_knows_that_no_model_judged_what_it_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts: list[ReportContext] = []

    def write(folder: Path, metrics: dict[str, Any], context: ReportContext) -> Path:
        contexts.append(context)
        return folder / "report.html"

    monkeypatch.setattr(sys.modules["umkm_classifier.train"], "write_report", write)
    crossval(market_file(), tmp_path, config=QUICK)
    assert contexts[0].overlap == 0.0
    assert contexts[0].label_sources == ("simulated_brand", "simulated_declared")


def test_crossval_tells_what_it_left_out(tmp_path: Path) -> None:
    records: list[dict[str, str | None]] = [{**record} for record in simulate(100, 6).records]
    for at in (3, 50):
        records[at]["label"] = None
    records[7] = {"id": "empty", "label": "local"}
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    judged = crossval(data, tmp_path / "cv", config=QUICK)
    counts = {key: judged.metrics[key] for key in ("n", "n_rejected", "n_unlabelled")}
    assert counts == {"n": 97, "n_rejected": 1, "n_unlabelled": 2}
    assert json.loads((tmp_path / "cv/metrics.json").read_text(encoding="utf-8"))["n_unlabelled"] == 2
    assert {reject.row for reject in judged.rejects} == {7}


LIGHT = """
import json, sys
import umkm_classifier as umkm

answers = umkm.load(sys.argv[1]).predict(json.loads(sys.stdin.read()))
heavy = {"torch", "transformers", "onnx", "sklearn", "scipy", "pandas", "datasets", "mlflow"} & set(sys.modules)
print(json.dumps({"p": [answer.p_imported for answer in answers], "heavy": sorted(heavy)}))
"""


@pytest.mark.slow
def test_a_transformer_becomes_part_of_the_bundle_and_answers_without_torch(
    tmp_path: Path, build_tiny_model: Callable[[Path], Path]
) -> None:
    config = small_config(signals=("words", "meaning"), text_encoder=str(build_tiny_model(tmp_path / "tiny-bert")))
    bundle = train(market_file(), tmp_path / "mine", config=config).bundle
    assert sorted(path.name for path in (bundle / "encoder").iterdir()) == [
        "encoder.json", "model.onnx", "tokenizer.json",
    ]  # fmt: skip
    loaded = load_bundle(bundle)
    assert loaded.manifest["encoder"]["id"] == "onnx:tiny-bert"
    records = simulate(10, 3).records
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, bundle], input=json.dumps(records), cwd=ROOT, env=dict(os.environ),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["heavy"] == []
    assert len(found["p"]) == 10
    assert np.isfinite(found["p"]).all()

    # trained again with what was exported, there is nothing to export: the same graph is served
    again = small_config(signals=("words", "meaning"), text_encoder=str(bundle / "encoder"))
    second = train(market_file(), tmp_path / "second", config=again).bundle
    assert files_below(second / "encoder") == files_below(bundle / "encoder")

    # fault 67: somebody puts another tokenizer in, and mends the digests
    spoilt = copy_of(bundle, tmp_path)
    tokenizer = json.loads((spoilt / "encoder/tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["batik"], tokenizer["model"]["vocab"]["koko"] = 9, 10
    (spoilt / "encoder/tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    sign(spoilt)
    with pytest.raises(BundleCorruptError, match=r"encoder/tokenizer\.json"):
        load_bundle(spoilt)


@pytest.fixture
def build_tiny_model() -> Callable[[Path], Path]:
    """Return what saves a tiny BERT with random weights."""
    from tests.encoders.conftest import build

    return lambda folder: build("bert", folder)
