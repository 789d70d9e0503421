from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.evaluation.conftest import objects
from umkm_classifier.evaluation.photo_quality import QUALITIES, photo_qualities
from umkm_classifier.evaluation.stress_photos import EDITS
from umkm_classifier.listings.listed_photo import RootedPhoto


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def photo(side: int = 400) -> Image.Image:
    """Return cloth with threads, light from the left, and a thing on it."""
    dice = np.random.default_rng(3)
    pixels = dice.normal(0, 25, (side, side, 3)) + np.linspace(90, 230, side)[None, :, None]
    pixels[side // 4 : side // 2, side // 3 : side // 2] -= 70
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def spoilt(name: str) -> bytes:
    return jpeg(EDITS[name](photo(), np.random.default_rng(0)))


def quality(listings, *photos: object) -> str:
    (found,) = photo_qualities(listings(["local"]).replace(photos=objects([photos])))
    return found


@pytest.mark.parametrize(
    ("edit", "expected"), [("blurred", "blurred"), ("dark", "dark"), ("small", "small"), ("recompressed", "clear")]
)
def test_what_a_stress_test_does_to_a_photo_is_seen(listings, edit: str, expected: str) -> None:
    assert quality(listings, jpeg(photo())) == "clear"
    assert quality(listings, spoilt(edit)) == expected


def test_a_photo_of_little_contrast_is_not_called_blurred(listings) -> None:
    flat = Image.fromarray((120 + np.asarray(photo()).astype(float) / 4).astype(np.uint8))
    assert quality(listings, jpeg(flat)) == "clear"


def test_no_photo_is_told_from_one_that_cannot_be_opened(listings, tmp_path) -> None:
    assert quality(listings) == "no photo"
    assert quality(listings, jpeg(photo())[:500]) == "cannot be opened"
    assert quality(listings, RootedPhoto(tmp_path, "../there.jpg"), RootedPhoto(tmp_path, "gone.jpg")) == (
        "cannot be opened"
    )


def test_the_first_photo_that_can_be_opened_counts(listings) -> None:
    assert quality(listings, b"no picture", spoilt("dark"), jpeg(photo())) == "dark"


def test_a_nearly_empty_picture_is_no_photo(listings) -> None:
    assert quality(listings, jpeg(Image.new("RGB", (400, 400), (230, 230, 230)))) == "no photo"


def test_qualities_keep_the_order_of_the_table(listings) -> None:
    table = listings(["local"] * 3).replace(photos=objects([(), (spoilt("dark"),), (jpeg(photo()),)]))
    assert photo_qualities(table) == ["no photo", "dark", "clear"]
    assert set(photo_qualities(table)) <= set(QUALITIES)
