"""What the tests of listings share."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(params=["simplejpeg", "Pillow"])
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with either decoder of JPEGs."""
    if request.param == "Pillow":
        monkeypatch.setitem(sys.modules, "simplejpeg", None)  # as if it were not installed
    else:
        pytest.importorskip("simplejpeg")
    return str(request.param)
