from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.signals.reuse.pictures import pixels, scene
from umkm_classifier.signals.reuse.alignment import THUMB_PX, Map
from umkm_classifier.signals.reuse.repeats import lead
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, cut, grey_of

SAME: Map = np.asarray([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
STEP = PX / THUMB_PX
DOWN, ACROSS = np.mgrid[:PX, :PX]


def snap() -> Grey:
    return cut(grey_of(pixels(scene("snap", "tas", 3))), WHOLE)


def lattice(period: float) -> Grey:
    """Draw knots that repeat, so many pixels of the thumbnail apart."""
    wave = 2 * np.pi / (period * STEP)
    return np.asarray(128 + 60 * np.sin(DOWN * wave) + 60 * np.sin(ACROSS * wave), dtype=np.uint8)


def lead_of(stored: Grey, asked: Grey, place: Map = SAME) -> float:
    return lead(cut(stored, WHOLE, THUMB_PX), asked, place)


def test_the_place_of_a_photo_on_itself_stands_out() -> None:
    assert lead_of(snap(), snap()) > 0.3


@pytest.mark.parametrize("period", [5.0, 8.0, 12.0])
def test_no_place_on_a_lattice_stands_out(period: float) -> None:
    assert lead_of(lattice(period), lattice(period)) < 0.05


def test_a_place_on_stripes_is_as_good_as_another_along_them() -> None:
    stripes = np.asarray(128 + 100 * np.sin((DOWN + ACROSS) / 9), dtype=np.uint8)
    assert lead_of(stripes, stripes) < 0.05


def test_one_knot_that_differs_makes_a_place_stand_out() -> None:
    knotted = lattice(8.0)
    knotted[60:140, 60:140] = snap()[60:140, 60:140]
    assert lead_of(knotted, knotted) > lead_of(lattice(8.0), lattice(8.0)) + 0.05


@settings(max_examples=30, deadline=None)
@given(across=st.integers(5, 12), down=st.integers(5, 12))
def test_a_place_beside_the_right_one_leads_nothing(across: int, down: int) -> None:
    assert lead_of(snap(), snap(), SAME + np.asarray([[0.0, 0.0, across * STEP], [0.0, 0.0, down * STEP]])) < 0


def test_what_a_caption_hides_does_not_count() -> None:
    hidden = snap()
    hidden[: PX // 4] = 255
    assert lead_of(snap(), hidden) > 0.2


@pytest.mark.parametrize("place", [SAME, SAME * 40.0, SAME + np.asarray([[0.0, 0.0, 2 * PX], [0.0, 0.0, 0.0]])])
def test_a_plain_photo_leads_nowhere(place: Map) -> None:
    assert lead_of(np.full((PX, PX), 200, dtype=np.uint8), snap(), place) == 0.0
