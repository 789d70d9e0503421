"""What `benchmarks/reuse.py` counts and draws."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

ROOM = Path(__file__).parents[2] / "benchmarks"
SHOP, OTHER, TWIN, AGAIN = range(4)
KINDS = {frozenset((SHOP, TWIN)): "same picture", frozenset((SHOP, AGAIN)): "second shot"}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Return modules of the benchmark, which find each other as scripts do."""
    monkeypatch.syspath_prepend(str(ROOM))
    names = ("edits", "pairs", "queries", "judged")
    return {name: importlib.import_module(f"reuse_{name}") for name in names}


def asked(bench: dict[str, ModuleType], found: tuple[int, ...], bits: tuple[int, ...] = (0, 9, 9, 9), photo: int = 0):  # type: ignore[no-untyped-def]
    distances = np.asarray([bits, bits])
    return bench["queries"].Asked("crop", photo, frozenset([photo]), found, distances)


def photo_of(at: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(at).integers(0, 256, (48, 64, 3), dtype=np.uint8))


def test_a_match_is_right_a_second_shot_or_wrong(bench: dict[str, ModuleType]) -> None:
    said = [bench["pairs"].judged(row, [SHOP], KINDS) for row in (SHOP, OTHER, TWIN, AGAIN)]
    assert said == ["right", "wrong", "right", "second shot"]


def test_a_neighbour_in_a_collage_is_right(bench: dict[str, ModuleType]) -> None:
    assert bench["pairs"].judged(OTHER, [SHOP, OTHER], KINDS) == "right"


def test_second_shots_are_neither_right_nor_wrong(bench: dict[str, ModuleType]) -> None:
    judged = bench["judged"]
    said = judged.tally([asked(bench, (SHOP, AGAIN)), asked(bench, (SHOP, OTHER, TWIN))], judged.by_reuse, KINDS)
    assert dict(said) == {"right": 3, "second shot": 1, "wrong": 1}
    assert judged.precision(said) == 0.75


def test_recall_counts_the_edited_photo_alone(bench: dict[str, ModuleType]) -> None:
    judged = bench["judged"]
    assert judged.hits([asked(bench, (SHOP,)), asked(bench, (TWIN,)), asked(bench, ())], judged.by_reuse) == 1


def test_a_whole_hash_gets_as_many_bits_as_its_precision_bears(bench: dict[str, ModuleType]) -> None:
    answers = [asked(bench, (), (3, 7, 50, 50)), asked(bench, (), (5, 30, 50, 50))]
    assert [bench["judged"].most_bits(answers, 0, {}, least) for least in (0.995, 0.6, 0.5)] == [5, 7, 30]
    assert bench["judged"].most_bits([asked(bench, (), (9, 3, 50, 50))], 0, {}, 0.6) == -1


def test_the_interval_of_a_share_is_wilsons(bench: dict[str, ModuleType]) -> None:
    assert bench["judged"].wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe (1998), table I
    assert bench["judged"].wilson(0, 0) == (0.0, 1.0)


def test_answers_come_back_as_they_were_kept(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    kept = asked(bench, (SHOP, OTHER))
    bench["queries"].written([kept], tmp_path / "answers.json")
    back = bench["queries"].read_back(tmp_path / "answers.json")[0]
    assert (back.edit, back.photo, back.shown, back.found) == ("crop", SHOP, {SHOP}, (SHOP, OTHER))
    assert (back.distances == kept.distances).all()


def test_every_edit_is_told_by_its_seed_and_its_photo(bench: dict[str, ModuleType]) -> None:
    edits = bench["edits"]
    for name in (*edits.LISTED, *edits.FREE):
        once, again, other = (edits.edited(name, photo_of, 3, range(12), seed) for seed in (11, 11, 12))
        assert once[1] == again[1]
        assert once[0].tobytes() == again[0].tobytes(), name
        assert name in ("mirror", "recompress") or once[0].tobytes() != other[0].tobytes(), name


def test_a_collage_says_which_photos_it_shows(bench: dict[str, ModuleType]) -> None:
    shown = [bench["edits"].edited("collage of 4", photo_of, 3, range(12), seed)[1] for seed in range(12)]
    assert {len(one) for one in shown} == {1, 4}
    assert all(3 in one for one in shown)


def test_free_crops_cut_five_to_thirty_percent_off_each_side(bench: dict[str, ModuleType]) -> None:
    sizes = [bench["edits"].edited("crop 5–30 % a side", photo_of, 3, (), seed)[0].size for seed in range(50)]
    assert all(
        0.4 * 64 - 1 <= width <= 0.9 * 64 + 1 and 0.4 * 48 - 1 <= height <= 0.9 * 48 + 1 for width, height in sizes
    )
