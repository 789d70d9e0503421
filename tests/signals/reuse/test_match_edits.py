"""Photos are found again in spite of what was done to them: the edits of the benchmark, and others of any size."""

from __future__ import annotations

import numpy as np
import pytest

from tests.signals.reuse.pictures import SIZE, index_of, rows_found, scene, wax_cloth
from umkm_classifier.signals.reuse.index import PhotoIndex
from umkm_classifier.simulate import edits
from umkm_classifier.simulate.textures import LOUD, any_cloth

PICTURES = [
    wax_cloth(1, "ceplok"),
    scene("snap", "tas", 2),
    scene("packshot", "keramik", 3, kind="natural"),
    scene("snap", "mainan", 4, kind="natural", palette=LOUD[0]),
    scene("cloth", "sajadah", 5),
    scene("packshot", "koko", 6, kind="print", palette=LOUD[1]),
]


@pytest.fixture(scope="module")
def index() -> PhotoIndex:
    return index_of(PICTURES)


@pytest.mark.parametrize("name", list(edits.EDITS))
def test_a_photo_is_found_after_each_of_the_edits(index: PhotoIndex, name: str) -> None:
    for row in (0, 1, 2, 5):
        edited = edits.EDITS[name](PICTURES[row], np.random.default_rng([row, len(name)]))
        assert rows_found(index, edited) == [row]


@pytest.mark.parametrize("share", [0.05, 0.12, 0.2, 0.35])
def test_a_frame_of_any_width_is_no_hindrance(index: PhotoIndex, share: float) -> None:
    for row, colour in ((1, edits.WHITE), (2, (20, 20, 20)), (4, (200, 90, 30))):
        assert rows_found(index, edits.frame(PICTURES[row], share, colour)) == [row]


@pytest.mark.parametrize("sides", [(0.05, 0.05, 0.05, 0.05), (0.2, 0.1, 0.15, 0.05)])
def test_a_crop_of_each_side_is_no_hindrance(index: PhotoIndex, sides: tuple[float, float, float, float]) -> None:
    left, right, top, bottom = sides
    for row in (1, 2, 3):
        width, height = PICTURES[row].size
        box = (int(left * width), int(top * height), int((1 - right) * width), int((1 - bottom) * height))
        assert rows_found(index, PICTURES[row].crop(box)) == [row]


@pytest.mark.parametrize("row", [1, 3])
def test_three_tenths_cut_off_each_side_are_no_hindrance_where_corners_are_left(index: PhotoIndex, row: int) -> None:
    assert rows_found(index, edits.crop(PICTURES[row], 0.6)) == [row]


def test_a_strong_crop_of_fine_cloth_is_found_where_few_of_its_features_are_left() -> None:
    cloths = [wax_cloth(seed, motif) for seed in range(6) for motif in ("bunga", "ceplok")]
    every, rng = index_of(cloths), np.random.default_rng(4)
    found = []
    for row, cloth in enumerate(cloths):
        left, top, right, bottom = (rng.uniform(0.12, 0.3, 4) * SIZE[0]).astype(int).tolist()
        rows = rows_found(every, cloth.crop((left, top, SIZE[0] - right, SIZE[1] - bottom)))
        assert rows in ([], [row])
        found += rows
    assert len(found) >= 9  # of twelve; one without sliding


@pytest.mark.parametrize("share", [0.06, 0.12, 0.2, 0.28])
@pytest.mark.parametrize("top", [False, True])
def test_a_caption_of_any_height_is_no_hindrance(index: PhotoIndex, share: float, top: bool) -> None:
    for row, text in ((0, "READY STOCK"), (1, "工厂正品"), (5, "COD")):
        assert rows_found(index, edits.caption_bar(PICTURES[row], text, share, top=top)) == [row]


@pytest.mark.parametrize("degrees", [1, -3, 5, -8])
def test_a_turn_by_a_few_degrees_is_no_hindrance(index: PhotoIndex, degrees: float) -> None:
    for row in (0, 1, 2):
        assert rows_found(index, edits.rotate(PICTURES[row], degrees)) == [row]


@pytest.mark.parametrize(("count", "columns"), [(2, 2), (2, 1), (3, 3), (4, 2), (9, 3)])
@pytest.mark.parametrize("gap", [0.0, 0.02])
def test_a_picture_of_a_collage_is_found(index: PhotoIndex, count: int, columns: int, gap: float) -> None:
    for row in (0, 1):
        rng = np.random.default_rng([count, row])
        photos = [any_cloth(rng, SIZE) for _ in range(count - 1)]
        photos.insert(int(rng.integers(count)), PICTURES[row])

        assert rows_found(index, edits.collage(photos, columns, gap)) == [row]


@pytest.mark.parametrize(("across", "down"), [(1.2, 1.0), (1.0, 1.5), (0.6, 1.0)])
def test_a_stretched_photo_is_found(index: PhotoIndex, across: float, down: float) -> None:
    for row in (0, 1, 2):
        assert rows_found(index, edits.stretch(PICTURES[row], across, down)) == [row]
