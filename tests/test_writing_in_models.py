"""The signal ``writing`` from a config to a bundle, a service and a report, with the extra ``ocr`` and without it."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.listings.photo_files import natural_picture, saved
from tests.small_models import about, folder, manifest_of, market_file, plain_bundle, small_config
from umkm_classifier.bundle import load_bundle, save_bundle
from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.errors import MissingExtraError
from umkm_classifier.judge import evaluate
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.encoders import encoders_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals import writing_read
from umkm_classifier.signals.writing_read import WritingReader
from umkm_classifier.simulate.edits import caption_bar
from umkm_classifier.simulate.market import simulate
from umkm_classifier.train import crossval, train

ROOT = Path(__file__).parents[1]
NOT_INSTALLED = (
    "this needs the package 'rapidocr', which is not installed. Install it with: pip install 'umkm-classifier[ocr]'"
)
NOT_READ = "Writing on photos was not read: the extra 'ocr' is not installed."


def photo(caption: str) -> bytes:
    return saved(caption_bar(natural_picture(300, 300, 0), caption, 0.14), "PNG")


@functools.cache
def taught() -> OriginModel:
    rows: list[dict[str, Any]] = [dict(row) for row in simulate(80, 5).records]
    rows[0]["photos"] = [photo("中国工厂")]
    config = small_config(signals=("words", "writing"))
    return fit_model(prepare(rows)[0], config, Encoders(NoEncoder(), NoImageEncoder(), WritingReader()))


@functools.cache
def bundle() -> Path:
    place = folder() / "with-writing"
    save_bundle(taught(), place, about(small_config(signals=("words", "writing"))))
    return place


def asked() -> Listings:
    return prepare([{"title": "Kain batik", "photos": [photo("中国工厂")]}, {"title": "Kain batik"}])[0]


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as import sees a package that is not there
    monkeypatch.setattr(writing_read, "_models", lambda: None)


def test_a_bundle_answers_as_the_model_did_before_it_was_saved() -> None:
    loaded = load_bundle(bundle()).model
    assert loaded.predict(asked()) == taught().predict(asked())
    assert loaded.predict(asked())[0].signals["writing"] == 1.5
    assert manifest_of(bundle())["signals"] == ["words", "writing"]


def test_a_bundle_without_the_extra_answers_says_so_once_and_in_each_row_with_photos(
    without_extra: None, caplog: pytest.LogCaptureFixture
) -> None:
    model = load_bundle(bundle()).model
    with_photo, without = model.predict(asked())
    assert with_photo.log_odds == without.log_odds
    assert with_photo.signals["writing"] is None
    assert (with_photo.status, "writing_not_read" in with_photo.notes) == ("degraded", True)
    assert (without.status, "writing_not_read" in without.notes) == ("ok", False)
    said = [message for message in caplog.messages if "writing" in message]
    assert said == [
        "signal 'writing': the extra 'ocr' expected, found it not installed; writing on photos is not read. "
        "Install it with: pip install 'umkm-classifier[ocr]'"
    ]


def test_the_signal_is_known_and_off_by_default() -> None:
    assert "writing" not in TrainConfig().signals
    assert TrainConfig(signals=("writing",)).signals == ("writing",)
    assert encoders_for(prepare([{"title": "kain"}])[0], TrainConfig(signals=("words",)), NoEncoder()).writing.dim == 0


def test_a_config_that_names_it_gets_a_reader_that_keeps_what_it_found() -> None:
    encoders = encoders_for(prepare([{"title": "kain"}])[0], TrainConfig(signals=("writing",)), NoEncoder())
    assert isinstance(encoders.writing, CachedImageEncoder)
    assert isinstance(encoders.writing.encoder, WritingReader)


@pytest.mark.parametrize("run", [train, crossval], ids=lambda run: run.__name__)
def test_without_the_extra_a_config_that_names_it_is_refused_before_anything_is_read(
    without_extra: None, tmp_path: Path, run: Any
) -> None:
    with pytest.raises(MissingExtraError) as caught:
        run(tmp_path / "nowhere.csv", tmp_path / "out", config=small_config(signals=("words", "writing")))
    assert str(caught.value) == NOT_INSTALLED
    assert list(tmp_path.iterdir()) == []


def test_the_command_ends_with_two_and_names_what_to_install(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['rapidocr'] = None; from umkm_classifier.cli.main import main; main()"
    words = ["train", str(market_file()), "--out", "m", "--no-track", "--set", 'signals=["words", "writing"]']
    done = subprocess.run(
        [sys.executable, "-c", hide, *words],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "pip install 'umkm-classifier[ocr]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("trained", "said"),
    [
        (("kor", "tha"), "Writing on photos was read."),
        (("kor",), "Writing on photos was read, but no Thai letters: Tesseract's data for them is missing."),
        ((), "Writing on photos was read, but no Korean or Thai letters: Tesseract's data for them is missing."),
    ],
)
def test_the_report_says_that_writing_was_read_and_in_which_scripts_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    for language in trained:
        (tmp_path / f"{language}.traineddata").touch()
    judged = evaluate(bundle(), market_file(60, 7), tmp_path / "report")
    page = judged.report.read_text(encoding="utf-8").replace("&#39;", "'")
    assert said in page
    assert not any("Writing" in warning for warning in judged.warnings)


def test_the_report_says_first_of_all_that_the_extra_is_absent(without_extra: None, tmp_path: Path) -> None:
    judged = evaluate(bundle(), market_file(60, 7), tmp_path)
    page = judged.report.read_text(encoding="utf-8").replace("&#39;", "'")
    assert page.count(NOT_READ) == 2
    assert page.index(NOT_READ) < page.index("In short")
    assert NOT_READ in judged.warnings


def test_the_report_says_that_writing_is_not_among_the_signals(tmp_path: Path) -> None:
    judged = evaluate(plain_bundle(), market_file(60, 7), tmp_path)
    page = judged.report.read_text(encoding="utf-8")
    assert "Writing on photos was not read: it is not among the signals." in page
    assert not any("Writing" in warning for warning in judged.warnings)


def test_a_service_reads_writing_only_when_there_is_a_photo() -> None:
    code = f"""
import json, sys
import umkm_classifier as umkm
model = umkm.load({str(bundle())!r})
model.predict([umkm.Listing(title="Kain batik")])
before = "rapidocr" in sys.modules
(answer,) = model.predict([umkm.Listing(photos=[sys.stdin.buffer.read()])])
heavy = ("torch", "transformers", "sklearn", "scipy", "pandas", "mlflow", "onnx", "datasets", "matplotlib")
print(json.dumps([before, answer.signals["writing"], [name for name in heavy if name in sys.modules]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=photo("中国工厂"), capture_output=True, cwd=ROOT, check=False
    )
    told = [line for line in done.stderr.splitlines() if b"trained data" not in line]
    assert (done.returncode, told) == (0, [])
    assert json.loads(done.stdout) == [False, 1.5, []]


def test_a_model_for_mlflow_asks_for_the_extra(tmp_path: Path) -> None:
    from umkm_classifier.serving.mlflow_model import save_bundle as save_for_mlflow
    from umkm_classifier.serving.mlflow_store import quiet_mlflow

    with quiet_mlflow():
        save_for_mlflow(bundle(), tmp_path / "model")
    assert "umkm-classifier[ocr]==" in (tmp_path / "model" / "requirements.txt").read_text(encoding="utf-8")
