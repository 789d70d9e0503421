"""Photos spoilt as poor cameras and messengers spoil them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from umkm_classifier.evaluation import stress_photos
from umkm_classifier.evaluation.stress_photos import EDITS, rows_with_photos, spoilt
from umkm_classifier.listings.photo import open_photo
from umkm_classifier.listings.prepare import prepare


def picture(side: int = 300) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (side // 10, side // 10, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((side, side)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("name", EDITS)
def test_a_spoilt_photo_is_another_jpeg_and_the_same_each_time(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    table = prepare([{"title": "Kain", "photos": [picture(), tmp_path / "a.png"]}])[0]
    (first, second), (again, _) = (spoilt(table, name, 0).column("photos")[0] for _ in range(2))
    assert first == second == again
    assert first.startswith(b"\xff\xd8")
    before, after = open_photo(picture()).pixels, open_photo(first).pixels
    assert before.shape != after.shape or np.abs(before.astype(int) - after).mean() > 2
    assert table.column("photos")[0][0] == picture()  # the table itself stays


def test_a_small_photo_is_not_made_larger() -> None:
    table = prepare([{"title": "Kain", "photos": [picture(100)]}])[0]
    assert open_photo(spoilt(table, "small", 0).column("photos")[0][0]).pixels.shape == (100, 100, 3)


def test_a_photo_that_cannot_be_opened_stays_as_it_is() -> None:
    table = prepare([{"title": "Kain", "photos": [b"no photo", "nowhere.jpg"]}, {"title": "Tas"}])[0]
    assert spoilt(table, "dark", 0).column("photos").tolist() == [(b"no photo", "nowhere.jpg"), ()]


def test_of_many_rows_with_photos_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    table = prepare([{"title": "Kain", "photos": [b"x"] if row % 2 else []} for row in range(40)])[0]
    assert rows_with_photos(table, 0).tolist() == list(range(1, 40, 2))
    monkeypatch.setattr(stress_photos, "MOST_ROWS", 5)
    few = rows_with_photos(table, 0)
    assert len(few) == 5
    assert (few % 2).all()
    assert few.tolist() == rows_with_photos(table, 0).tolist() != rows_with_photos(table, 1).tolist()
