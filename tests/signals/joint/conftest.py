"""One network for all tests that only look at it, and networks that are quick to make."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.signals.joint.made import ENCODERS, QUICK, made
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.joint import JointView, fit, fit_joint
from umkm_classifier.signals.joint.graph import Graph


class Learned(NamedTuple):
    listings: Listings
    y: NDArray[np.int64]
    group: NDArray[np.int64]
    view: JointView


@pytest.fixture(scope="package")
def learned() -> Learned:
    """Return rows, and the view that was learned from them."""
    listings, y, group = made(240, 1)
    (view,) = fit_joint(listings, y, group, QUICK, ENCODERS)
    return Learned(listings, y, group, view)


class InTorch(Graph):
    """A network that was not exported, for tests that ask what was learned: exporting takes longer than that."""

    def __init__(self, module: Any) -> None:
        super().__init__(b"", "in torch")
        self.module = module

    def run(self, inputs: Any) -> np.ndarray:
        with torch.inference_mode():
            found: np.ndarray = self.module(*map(torch.from_numpy, inputs.values())).numpy()
        return found


@pytest.fixture
def in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave networks in torch."""
    monkeypatch.setattr(fit, "export", lambda module, examples, what: InTorch(module))
