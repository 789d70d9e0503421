"""Settings are checked when they are made, all at once."""

from __future__ import annotations

import pytest

from umkm_classifier.errors import UsageError
from umkm_classifier.signals.joint.settings import JointSettings


def test_the_encoders_are_left_alone_unless_asked_for() -> None:
    assert JointSettings().finetune is False


def test_settings_at_the_ends_of_their_ranges_are_taken() -> None:
    low = {"width": 1, "epochs": 1, "batch": 1, "patience": 1, "dropout": 0.0, "modality_dropout": 0.0, "warm_up": 0.0}
    other = {"weight_decay": 0.0, "seed": 0, "dropout": 0.99, "learning_rate": 1e-9}
    for ends in (low, other):
        settings = JointSettings(**ends)  # type: ignore[arg-type]
        assert {name: getattr(settings, name) for name in ends} == ends


def test_settings_out_of_range_are_told_together() -> None:
    with pytest.raises(UsageError) as caught:
        JointSettings(width=0, dropout=1.0, learning_rate=0.0, encoder_learning_rate=float("nan"), seed=-1)
    assert str(caught.value) == (
        "joint setting 'width': expected a number from 1, found 0. Change it or leave it out.\n"
        "joint setting 'dropout': expected a number from 0 to below 1, found 1.0. Change it or leave it out.\n"
        "joint setting 'learning_rate': expected a number above 0, found 0.0. Change it or leave it out.\n"
        "joint setting 'encoder_learning_rate': expected a number above 0, found nan. Change it or leave it out.\n"
        "joint setting 'seed': expected a number from 0, found -1. Change it or leave it out."
    )
