from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from umkm_classifier.simulate import edits
from umkm_classifier.simulate.edits import EDITS
from umkm_classifier.simulate.textures import any_cloth

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 40), (30, 40, 210)
NAMES = [
    "frame", "crop", "watermark", "logo", "mirror", "collage", "caption_bar", "colour_shift", "recompress", "rotate",
    "blur", "resize",
]  # fmt: skip


def cloth(width: int = 200, height: int = 160, seed: int = 0) -> Image.Image:
    return any_cloth(np.random.default_rng(seed), (width, height))


def plain(colour: tuple[int, int, int], width: int = 100, height: int = 100) -> Image.Image:
    return Image.new("RGB", (width, height), colour)


def pixels(photo: Image.Image) -> np.ndarray:
    return np.asarray(photo, dtype=np.int64)


def apart(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(pixels(one) - pixels(other)).mean())


def test_the_registry_holds_the_twelve_edits_and_cannot_be_changed() -> None:
    assert list(EDITS) == NAMES
    with pytest.raises(TypeError, match="does not support item assignment"):
        EDITS["frame"] = EDITS["crop"]  # type: ignore[index]


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_depends_on_its_seed_alone_and_leaves_the_photo_as_it_was(name: str) -> None:
    photo = cloth()
    before = photo.tobytes()
    once, again = (EDITS[name](photo, np.random.default_rng(5)) for _ in range(2))
    assert photo.tobytes() == before
    assert (once.mode, once.size) == ("RGB", again.size)
    assert once.tobytes() == again.tobytes()
    assert (once.size, once.tobytes()) != (photo.size, before)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
    width=st.integers(20, 220), height=st.integers(20, 220), seed=st.integers(0, 9),
)  # fmt: skip
def test_edits_can_be_done_one_after_the_other_to_photos_of_any_size(
    names: list[str], width: int, height: int, seed: int
) -> None:
    rng, photo = np.random.default_rng(seed), cloth(width, height, seed)
    for name in names:
        photo = EDITS[name](photo, rng)
    assert photo.mode == "RGB"
    assert min(photo.size) >= 1


def test_a_frame_is_a_share_of_the_shorter_side_and_keeps_the_picture_whole() -> None:
    photo = cloth(200, 100)
    framed = edits.frame(photo, 0.2, RED)
    assert framed.size == (240, 140)
    assert framed.crop((20, 20, 220, 120)).tobytes() == photo.tobytes()
    assert (pixels(framed)[:20] == RED).all()
    assert (pixels(framed)[:, -20:] == RED).all()


def test_a_crop_takes_a_share_of_both_sides_from_where_it_is_told() -> None:
    photo = cloth(200, 100)
    assert edits.crop(photo, 0.1).tobytes() == photo.crop((10, 5, 190, 95)).tobytes()
    assert edits.crop(photo, 0.1, across=0.0, down=1.0).tobytes() == photo.crop((0, 10, 180, 100)).tobytes()
    assert edits.crop(plain(RED, 3, 3), 0.99).size == (1, 1)


def test_a_watermark_lightens_all_over_and_more_the_less_it_is_seen_through() -> None:
    photo = plain(BLUE, 200, 200)
    faint, strong = (edits.watermark(photo, "Solo Shop", opacity) for opacity in (0.2, 0.6))
    assert (pixels(faint) >= pixels(photo)).all()
    assert 0 < apart(photo, faint) < apart(photo, strong)
    for corner in ((0, 0, 100, 100), (100, 0, 200, 100), (0, 100, 100, 200), (100, 100, 200, 200)):
        assert apart(photo.crop(corner), strong.crop(corner)) > 1
    assert edits.watermark(photo, "Solo Shop", 0.0).tobytes() == photo.tobytes()


@pytest.mark.parametrize("corner", [0, 1, 2, 3])
def test_a_logo_stays_in_its_corner(corner: int) -> None:
    photo = plain(BLUE, 200, 200)
    changed = np.abs(pixels(edits.logo(photo, "Griya Batik", 0.3, GREEN, corner)) - pixels(photo)).sum(axis=2) > 0
    quarters = [changed[:100, :100], changed[:100, 100:], changed[100:, :100], changed[100:, 100:]]
    assert [bool(quarter.any()) for quarter in quarters] == [at == corner for at in range(4)]
    assert changed.sum() == pytest.approx(np.pi * 30**2, rel=0.05)


def test_mirroring_twice_is_nothing_done() -> None:
    photo = cloth()
    assert edits.mirror(photo).getpixel((0, 7)) == photo.getpixel((199, 7))
    assert edits.mirror(edits.mirror(photo)).tobytes() == photo.tobytes()


def test_a_collage_lays_photos_row_after_row_and_closes_a_row_that_is_not_full() -> None:
    sheet = edits.collage([plain(RED), plain(GREEN), plain(BLUE, 60, 90)], columns=2, gap=0.1, colour=(9, 9, 9))
    assert sheet.size == (100, 100)
    colours = [sheet.getpixel(at) for at in ((27, 27), (72, 27), (27, 72), (72, 72), (50, 50), (3, 3))]
    assert colours == [RED, GREEN, BLUE, (9, 9, 9), (9, 9, 9), (9, 9, 9)]


@pytest.mark.parametrize(("count", "columns"), [(2, 1), (2, 2), (3, 3), (4, 2), (9, 3)])
def test_a_collage_shows_the_whole_of_the_first_photo_in_its_shape(count: int, columns: int) -> None:
    photo = cloth(300, 240)
    sheet = edits.collage([photo] * count, columns, gap=0.0)
    width, height = sheet.width // columns, sheet.height // -(-count // columns)
    assert width / height == pytest.approx(300 / 240, rel=0.02)
    assert apart(sheet.crop((0, 0, width, height)), photo.resize((width, height), Image.Resampling.BICUBIC)) < 1
    assert sheet.width <= 300
    assert sheet.height <= 240


@pytest.mark.parametrize(
    "text", ["READY STOCK", "工厂正品", "a text that is far too long for a photo as small as this"]
)
@pytest.mark.parametrize("top", [False, True])
def test_a_caption_bar_covers_its_share_and_nothing_else(text: str, top: bool) -> None:
    photo = cloth(200, 200)
    done = edits.caption_bar(photo, text, 0.15, RED, top)
    bar, rest = ((0, 0, 200, 30), (0, 30, 200, 200)) if top else ((0, 170, 200, 200), (0, 0, 200, 170))
    assert done.crop(rest).tobytes() == photo.crop(rest).tobytes()
    written = pixels(done.crop(bar))
    assert (written[:, :4] == RED).all()
    assert (written[:, -4:] == RED).all()
    assert 0.01 < (written.min(axis=2) > 150).mean() < 0.4


def test_letters_are_black_on_light_and_white_on_dark() -> None:
    light, dark = (edits.caption_bar(plain(BLUE), "COD", 0.4, c) for c in ((255, 240, 200), (20, 20, 60)))
    assert pixels(light)[60:].min() == 20
    assert pixels(dark)[60:].max() == 255


def test_gains_multiply_each_channel_and_stop_at_white() -> None:
    assert edits.colour_shift(plain((100, 100, 250)), (1.2, 0.5, 1.1)).getpixel((0, 0)) == (120, 50, 255)
    assert edits.colour_shift(cloth(), (1.0, 1.0, 1.0)).tobytes() == cloth().tobytes()
    assert edits.darken(plain((200, 100, 50)), 0.5).getpixel((0, 0)) == (100, 50, 25)


def test_a_messenger_shrinks_what_is_large_and_loses_detail() -> None:
    large, small = cloth(1400, 700), cloth(200, 160)
    assert edits.recompress(large).size == (1000, 500)
    assert edits.recompress(small).size == (200, 160)
    lost = [apart(small, edits.recompress(small, quality=quality)) for quality in (90, 50, 20)]
    assert 0 < lost[0] < lost[1] < lost[2]


def test_turning_keeps_the_size_and_fills_the_corners() -> None:
    turned = edits.rotate(plain(BLUE), 10, RED)
    assert turned.size == (100, 100)
    assert [turned.getpixel(at) for at in ((0, 0), (99, 0), (0, 99), (99, 99), (50, 50))] == [*[RED] * 4, BLUE]
    assert edits.rotate(cloth(), 0).tobytes() == cloth().tobytes()
    assert edits.rotate(cloth(150, 150), 90).getpixel((0, 0)) == cloth(150, 150).getpixel((149, 0))


def test_blur_takes_contrast_and_no_light() -> None:
    photo = cloth()
    spreads = [pixels(edits.blur(photo, share)).std() for share in (0.0, 0.005, 0.03)]
    assert spreads[0] > spreads[1] > spreads[2]
    assert pixels(edits.blur(photo, 0.01)).mean() == pytest.approx(pixels(photo).mean(), abs=1)


def test_blur_does_as_much_to_a_large_photo_as_to_a_small_one() -> None:
    def edge(side: int) -> float:
        half = plain((0, 0, 0), side, side)
        half.paste((255, 255, 255), (side // 2, 0, side, side))
        row = pixels(edits.blur(half, 0.02))[0, :, 0]
        return float(((row > 20) & (row < 235)).mean())

    assert edge(400) == pytest.approx(edge(200), rel=0.2)


def test_sides_are_scaled_and_never_vanish() -> None:
    assert edits.resize(cloth(200, 160), 0.5).size == (100, 80)
    assert edits.stretch(cloth(200, 160), 1.3).size == (260, 160)
    assert edits.stretch(cloth(200, 160), 1.0, 0.001).size == (200, 1)


@pytest.mark.parametrize("spread", [3.0, 12.0, 40.0])
def test_noise_has_the_spread_that_is_asked_for(spread: float) -> None:
    grey = plain((128, 128, 128), 200, 200)
    added = pixels(edits.noise(grey, np.random.default_rng(1), spread)) - 128
    assert added.std() == pytest.approx(spread, rel=0.05)
    assert abs(added.mean()) < 0.3
    assert abs(np.corrcoef(added[..., 0].ravel(), added[..., 1].ravel())[0, 1]) < 0.05


def test_noise_stops_at_black_and_white() -> None:
    for level in (0, 255):
        noisy = pixels(edits.noise(plain((level,) * 3), np.random.default_rng(1), 30.0))
        assert 50 < abs(noisy - level).max() < 80  # no wrapping round


@pytest.mark.parametrize("side", [0, 1, 2, 3])
def test_a_tilt_shortens_one_edge(side: int) -> None:
    tilted = edits.tilt(plain(BLUE), 0.2, side, RED)
    assert tilted.size == (100, 100)
    lines = [pixels(tilted)[1], pixels(tilted)[:, 98], pixels(tilted)[98], pixels(tilted)[:, 1]]
    seen = [int((line == BLUE).all(axis=1).sum()) for line in lines]
    assert seen[side] == pytest.approx(60, abs=3)
    assert seen[(side + 2) % 4] >= 96


def test_no_tilt_is_nothing_done() -> None:
    assert apart(edits.tilt(cloth(), 0.0), cloth()) < 0.5


ONE_NUMBER: list[tuple[Callable[[Image.Image, float], Image.Image], tuple[float, ...]]] = [
    (lambda photo, strength: edits.watermark(photo, "COD", strength), (0.1, 0.4, 0.8)),
    (lambda photo, strength: edits.darken(photo, 1 - strength), (0.1, 0.3, 0.6)),
    (lambda photo, strength: edits.rotate(photo, strength), (0.5, 2, 8)),
    (lambda photo, strength: edits.tilt(photo, strength), (0.005, 0.02, 0.1)),
    (lambda photo, strength: edits.blur(photo, strength), (0.002, 0.005, 0.02)),
    (lambda photo, strength: edits.noise(photo, np.random.default_rng(0), strength), (2, 6, 20)),
    (lambda photo, strength: edits.caption_bar(photo, "COD", strength), (0.08, 0.15, 0.3)),
    (lambda photo, strength: edits.logo(photo, "COD", strength, RED), (0.15, 0.3, 0.6)),
]


@pytest.mark.parametrize(("edit", "strengths"), ONE_NUMBER)
def test_more_strength_changes_more(
    edit: Callable[[Image.Image, float], Image.Image], strengths: tuple[float, ...]
) -> None:
    photo = cloth()
    changes = [apart(photo, edit(photo, strength)) for strength in strengths]
    assert 0 < changes[0] < changes[1] < changes[2]
