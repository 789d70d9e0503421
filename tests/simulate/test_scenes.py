from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from umkm_classifier.simulate.scenes import SCENES, Product
from umkm_classifier.simulate.shapes import BODIES, LINES, TEXTILES, outline
from umkm_classifier.simulate.textures import NATURAL, Style
from umkm_classifier.simulate.vocabulary import vocabulary

SIZE = (240, 240)


def product(good: str = "koko", kind: str = "wax") -> Product:
    return Product(good, Style(kind, "ceplok", NATURAL[0], 0.2, 20.0), 0.006)


def drawn(scene: str, seed: int, what: Product | None = None, size: tuple[int, int] = SIZE) -> np.ndarray:
    image = SCENES[scene](np.random.default_rng(seed), size, what or product())
    assert (image.mode, image.size) == ("RGB", size)
    return np.asarray(image, dtype=np.int64)


def rim(picture: np.ndarray) -> np.ndarray:
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def test_there_are_four_scenes() -> None:
    assert list(SCENES) == ["cloth", "packshot", "snap", "collage"]


@pytest.mark.parametrize("scene", list(SCENES))
@pytest.mark.parametrize("size", [(480, 480), (360, 480), (480, 360), (60, 60)])
def test_a_scene_depends_on_its_seed_alone_and_has_the_size_asked_for(scene: str, size: tuple[int, int]) -> None:
    assert (drawn(scene, 1, size=size) == drawn(scene, 1, size=size)).all()
    assert (drawn(scene, 1, size=size) != drawn(scene, 2, size=size)).any()


@pytest.mark.parametrize("scene", list(SCENES))
def test_every_good_of_the_market_can_be_drawn_in_every_scene(scene: str) -> None:
    goods = {good.name for good in vocabulary().goods}
    assert goods == set(BODIES) == set(LINES)
    assert goods > TEXTILES
    pictures = {good: drawn(scene, 0, product(good, "natural")).tobytes() for good in goods}
    shows_outlines = scene in ("packshot", "snap")
    assert len(set(pictures.values())) == len(goods) or not shows_outlines


def test_a_packshot_stands_on_one_light_tone_and_fills_the_middle() -> None:
    for seed in range(8):
        picture = drawn("packshot", seed)
        assert len(np.unique(rim(picture))) == 1
        assert rim(picture).min() >= 232
        assert picture[90:150, 90:150].mean() < 200


def test_cloth_fills_nearly_all_of_the_picture() -> None:
    for seed in range(8):
        picture = drawn("cloth", seed, product(kind="print"))
        detail = np.abs(np.diff(picture.mean(axis=2), axis=1)).reshape(8, 30, 239).mean(axis=(1, 2))
        assert (detail > 1.5).sum() >= 5  # of eight bands; an edge may show what lies behind


def test_a_snap_has_no_white_ground_and_uneven_light() -> None:
    for seed in range(8):
        edge = rim(drawn("snap", seed)).mean(axis=1)
        assert edge.std() > 2
        assert (edge >= 254).mean() < 0.5


def test_a_snap_is_never_laid_twice_in_the_same_place() -> None:
    dark = [np.argwhere(drawn("snap", seed).mean(axis=2) < 70).mean(axis=0) for seed in range(8)]
    assert np.ptp(np.asarray(dark), axis=0).min() > 5


def test_a_collage_has_seams_from_edge_to_edge() -> None:
    seams = 0
    for seed in range(8):
        picture = drawn("collage", seed)
        steps = np.abs(np.diff(picture.mean(axis=2), axis=1)).mean(axis=0)[20:-20]
        rows = np.abs(np.diff(picture.mean(axis=2), axis=0)).mean(axis=1)[20:-20]
        seams += max(steps.max() / np.median(steps), rows.max() / np.median(rows)) > 2
    assert seams >= 6


def test_one_product_keeps_its_colours_from_photo_to_photo() -> None:
    red = replace(product(kind="plain"), style=replace(product().style, kind="plain", palette=((200, 20, 20),) * 3))
    for seed in range(4):
        for scene in ("packshot", "cloth", "snap"):
            middle = drawn(scene, seed, red)[110:130, 110:130].reshape(-1, 3).mean(axis=0)
            assert middle[0] > 2 * max(middle[1:])


@pytest.mark.parametrize("good", list(BODIES))
def test_a_made_outline_strays_and_a_machine_made_one_does_not(good: str) -> None:
    def body(seed: int, wobble: float, degrees: float = 0.0) -> np.ndarray:
        mask, lines = outline(good, 120, np.random.default_rng(seed), wobble, degrees)
        assert mask.mode == lines.mode == "L"
        assert mask.size == lines.size == (120, 120)
        return np.asarray(mask) > 128

    assert (body(0, 0.0) == body(1, 0.0)).all()
    assert (body(0, 0.006) != body(1, 0.006)).any()
    assert 0.05 < body(0, 0.0).mean() < 0.9
    turned = np.asarray(Image.fromarray(body(0, 0.0)).rotate(90))
    assert (turned != body(0, 0.0, 90.0)).mean() < 0.02


def test_an_unknown_good_is_a_bag_of_snacks() -> None:
    rng = np.random.default_rng(0)
    assert outline("sepeda", 60, rng, 0.0)[0].tobytes() == outline("camilan", 60, rng, 0.0)[0].tobytes()
