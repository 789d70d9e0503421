"""What is asked of an index and what is answered; what it finds and does not is in test_match_edits and _others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.signals.reuse.pictures import found, index_of, pixels, printed, rows_found, scene, vector, wax_cloth
from umkm_classifier.signals.reuse.index import PhotoIndex, Showing, empty_index
from umkm_classifier.signals.reuse.match import Match, matches
from umkm_classifier.simulate import edits
from umkm_classifier.simulate.textures import any_cloth

GOODS = ("tas", "gelas", "koko", "sajadah", "mainan", "sandal")
PICTURES = [wax_cloth(0), *(scene("snap", good, at) for at, good in enumerate(GOODS))]


@pytest.fixture(scope="module")
def index() -> PhotoIndex:
    return index_of(PICTURES)


def test_a_photo_of_the_index_matches_itself_and_nothing_else(index: PhotoIndex) -> None:
    for row, picture in enumerate(PICTURES):
        (match,) = found(index, picture)
        assert match.row == row
        assert match.correlation > 0.97
        assert (match.share, match.is_mirrored) == (1.0, False)


def test_a_mirrored_photo_is_told(index: PhotoIndex) -> None:
    (match,) = found(index, edits.mirror(PICTURES[2]))
    assert (match.row, match.is_mirrored) == (2, True)


def test_a_share_says_how_much_of_the_stored_photo_is_seen(index: PhotoIndex) -> None:
    (match,) = found(index, edits.crop(PICTURES[2], 0.3))
    assert match.row == 2
    assert match.share == pytest.approx(0.49, abs=0.06)


def test_a_photo_is_found_with_its_embedding_and_without(index: PhotoIndex) -> None:
    photo = pixels(edits.frame(PICTURES[3], 0.2))
    assert [one.row for one in matches(index, photo, None)] == [3]
    assert [one.row for one in matches(index, photo, vector(photo))] == [3]


def test_photos_that_the_asking_shop_alone_shows_are_told_beside_those_of_others_and_never_without() -> None:
    shown = [(edits.frame(PICTURES[1], 0.1), "mine"), (edits.mirror(PICTURES[1]), "theirs"), (PICTURES[2], "mine")]
    prints = [printed(picture) for picture, _ in shown]
    showings = [(print_[0], Showing(shop, "", "")) for print_, (_, shop) in zip(prints, shown, strict=True)]
    index = empty_index().with_more(prints, showings)
    for picture, by_me, by_others in ((PICTURES[1], [0, 1], [0, 1]), (PICTURES[2], [], [2])):
        photo = pixels(picture)
        assert sorted(one.row for one in matches(index, photo, vector(photo), "mine")) == by_me
        assert sorted(one.row for one in matches(index, photo, vector(photo), "another")) == by_others


def test_a_collage_of_nine_indexed_pictures_is_told_to_show_most_of_them(index: PhotoIndex) -> None:
    photos = [any_cloth(np.random.default_rng(seed), (400, 400)) for seed in range(9)]
    every = index.with_more([printed(photo) for photo in photos], [])
    rows = rows_found(every, edits.collage(photos, 3))
    assert set(rows) <= set(range(7, 16))
    assert len(rows) >= 7


def test_the_collage_itself_is_found_by_one_of_its_pictures() -> None:
    photos = [scene("snap", good, seed) for seed, good in enumerate(GOODS[:4], start=20)]
    sheet = index_of([*PICTURES, edits.collage(photos, 2)])
    (match,) = found(sheet, photos[1])
    assert match.row == 7
    assert match.share == pytest.approx(0.24, abs=0.05)


def test_a_picture_in_many_shops_is_found_in_each_whichever_edit_they_made(index: PhotoIndex) -> None:
    rng = np.random.default_rng(0)
    copies = [edit(PICTURES[1], rng) for name, edit in edits.EDITS.items() if name != "collage"]
    every = index.with_more([printed(copy) for copy in copies], [])
    assert sorted(rows_found(every, PICTURES[1])) == [1, *range(7, 18)]


def test_a_picture_that_hangs_in_fifty_shops_is_found_in_all_of_them(index: PhotoIndex) -> None:
    every = index.with_more([printed(edits.darken(PICTURES[1], 1.0 - at / 200)) for at in range(1, 51)], [])
    assert len(every) == 57
    assert set(rows_found(every, PICTURES[1])) == {1, *range(7, 57)}


def test_the_surest_come_first(index: PhotoIndex) -> None:
    every = index.with_more([printed(edits.blur(PICTURES[1], 0.02)), printed(edits.watermark(PICTURES[1], "COD"))], [])
    correlations = [one.correlation for one in found(every, PICTURES[1])]
    assert len(correlations) == 3
    assert correlations == sorted(correlations, reverse=True)


def test_an_answer_is_the_same_bits_twice_and_does_not_depend_on_what_was_asked_before(index: PhotoIndex) -> None:
    asked = [edits.EDITS["collage"](PICTURES[4], np.random.default_rng(1)), edits.crop(PICTURES[2], 0.2), PICTURES[0]]
    once = [found(index, picture) for picture in asked]
    again = [found(index_of(PICTURES), picture) for picture in asked[::-1]][::-1]
    assert once == again


def by_content(index: PhotoIndex, matched: list[Match]) -> dict[str, tuple[float, float, bool]]:
    return {index.contents[one.row]: (one.correlation, one.share, one.is_mirrored) for one in matched}


def test_an_answer_does_not_depend_on_the_order_of_the_index(index: PhotoIndex) -> None:
    prints = [printed(picture) for picture in PICTURES]
    turned = empty_index().with_more(prints[::-2], []).with_more(prints, [(prints[0][0], Showing("a", "b", ""))])
    for name, edit in edits.EDITS.items():
        picture = edit(PICTURES[5], np.random.default_rng(len(name)))
        assert by_content(turned, found(turned, picture)) == by_content(index, found(index, picture))


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (2, 3), (3000, 7), (16, 16)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_photos_of_odd_shapes_match_nothing_and_can_be_indexed(
    index: PhotoIndex, size: tuple[int, int], level: int
) -> None:
    odd = edits.Image.new("RGB", size, (level, level, level))
    assert rows_found(index, odd) == []
    assert rows_found(index.with_more([printed(odd)], []), PICTURES[1]) == [1]


@settings(max_examples=30)
@given(height=st.integers(1, 300), width=st.integers(1, 300), cells=st.integers(1, 12), seed=st.integers(0, 99))
def test_asking_never_fails_on_any_photo(index: PhotoIndex, height: int, width: int, cells: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (min(cells, height), min(cells, width), 3), dtype=np.uint8)
    down, across = (np.arange(side) * min(cells, side) // side for side in (height, width))
    photo = coarse[down][:, across]
    assert all(0 <= one.share <= 1 and one.correlation <= 1 for one in matches(index, photo, vector(photo)))


def test_nothing_is_found_in_an_empty_index() -> None:
    assert found(empty_index(), PICTURES[0]) == []
