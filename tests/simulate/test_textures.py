from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.simulate.motifs import CELL, MOTIFS, motif
from umkm_classifier.simulate.textures import NATURAL, TEXTURES, Style, any_cloth, clouds, shade, texture

SIZE = (256, 192)


def style(kind: str, name: str = "kawung", *, degrees: float = 0.0, cracked: bool = False) -> Style:
    return Style(kind, name, NATURAL[0], 64 / SIZE[0], degrees, cracked)  # 64 pixels a repeat


def drawn(kind: str, name: str = "kawung", seed: int = 0, **how: object) -> np.ndarray:
    image = texture(np.random.default_rng(seed), SIZE, style(kind, name, **how))  # type: ignore[arg-type]
    assert (image.mode, image.size) == ("RGB", SIZE)
    return np.asarray(image, dtype=np.int64)


def unlike_next_repeat(picture: np.ndarray) -> float:
    return float(np.abs(picture[:, 64:] - picture[:, :-64]).mean())


@pytest.mark.parametrize("name", list(MOTIFS))
def test_a_motif_has_a_main_figure_a_filler_and_ground_and_closes_at_the_edge(name: str) -> None:
    main, filler = motif(name)
    assert main.shape == filler.shape == (CELL, CELL)
    assert main.dtype == filler.dtype == np.float32
    inside = [float((main > 0).mean()), float(((main <= 0) & (filler > 0)).mean())]
    assert 0.05 < inside[0] < 0.7
    assert 0.001 < inside[1] < 0.6
    for field in (main, filler):  # a figure that is cut at the seam would change more points there than anywhere
        for inked in (field > 0, (field > 0).T):
            changes = (np.concatenate([inked, inked[:1]])[1:] != inked).sum(axis=1)
            assert changes[-1] <= changes[:-1].max()


@pytest.mark.parametrize("name", list(MOTIFS))
@pytest.mark.parametrize("cracked", [False, True])
def test_printed_cloth_repeats_to_the_point_and_wax_resist_never_does(name: str, cracked: bool) -> None:
    assert unlike_next_repeat(drawn("print", name, cracked=cracked)) == 0
    assert unlike_next_repeat(drawn("wax", name)) > 10


def test_a_print_with_cracks_is_another_picture() -> None:
    assert (drawn("print", cracked=True) != drawn("print")).any()


def test_dye_takes_unevenly_where_wax_was_used() -> None:
    def colours(picture: np.ndarray) -> int:
        return len(np.unique(picture.reshape(-1, 3), axis=0))

    assert colours(drawn("wax")) > 10 * colours(drawn("print"))


@pytest.mark.parametrize("kind", list(TEXTURES))
def test_a_material_depends_on_its_seed_alone(kind: str) -> None:
    assert (drawn(kind, seed=3) == drawn(kind, seed=3)).all()
    if kind != "print":
        assert (drawn(kind, seed=3) != drawn(kind, seed=4)).any()


def test_any_cloth_is_another_each_time() -> None:
    rng = np.random.default_rng(0)
    assert len({any_cloth(rng, (40, 40)).tobytes() for _ in range(20)}) == 20


@pytest.mark.parametrize("cells", [3, 30, (60, 2)])
def test_clouds_are_smooth_and_lie_around_nothing(cells: int | tuple[int, int]) -> None:
    field = clouds(np.random.default_rng(0), SIZE, cells)
    assert (field.shape, field.dtype) == ((192, 256), np.float32)
    assert 0.4 < field.std() < 1.2
    assert np.abs(np.diff(field, axis=0)).mean() < 0.3 * field.std()


def test_shading_darkens_by_the_field() -> None:
    image = any_cloth(np.random.default_rng(0), (8, 4))
    half = np.full((4, 8), 0.5, dtype=np.float32)
    assert np.abs(np.asarray(shade(image, half), dtype=float) - np.asarray(image) / 2).max() <= 1.5
    assert shade(image, 2 * half).tobytes() == image.tobytes()
