from __future__ import annotations

import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umkm_classifier.errors import MissingExtraError
from umkm_classifier.signals.reuse.features import Features
from umkm_classifier.signals.reuse.fingerprint import Fingerprint
from umkm_classifier.signals.reuse.index import Candidate, PhotoIndex, Showing, empty_index

NAMES = "abcdefgh"


def print_of(name: str, features: int | None = None) -> Fingerprint:
    """Return a fingerprint that depends on a name alone, with as many features as its place in the alphabet."""
    rng, count = np.random.default_rng(ord(name)), NAMES.index(name) if features is None else features
    shapes = ((13, 32), (128,), (48, 48), (8, 8, 2), (count, 2), (count, 32))
    hashes, signs, thumb, colours, *local = (rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes)
    return Fingerprint(hashes, signs, thumb, colours, Features(*local))


def prints(names: str) -> list[tuple[str, Fingerprint]]:
    return [(name, print_of(name)) for name in names]


def showing(shop: str) -> Showing:
    return Showing(shop, f"listing of {shop}", "2024-01-31")


def held(index: PhotoIndex) -> dict[str, object]:
    """Return all that an index holds, whatever its order."""
    photos = {}
    for content in index.contents:
        row = index.row_of(content)
        assert row is not None
        own = index.features(row)
        parts = (index.hashes[row], index.signs[row], index.thumbs[row], index.colours[row], own.places, own.codes)
        photos[content] = ([part.tobytes() for part in parts], frozenset(index.showings_of(row)))
    return photos


def test_an_empty_index_holds_nothing_and_finds_nothing() -> None:
    index = empty_index()
    assert len(index) == 0
    assert index.row_of("a") is None
    assert index.candidates(print_of("a").hashes, print_of("a").signs) == []
    assert len(index.with_more([], [])) == 0


def test_what_goes_in_comes_out() -> None:
    index = empty_index().with_more(prints("dab"), [])
    assert index.contents == ("d", "a", "b")
    for row, name in enumerate("dab"):
        one, own = print_of(name), index.features(row)
        np.testing.assert_array_equal(index.hashes[row], one.hashes)
        np.testing.assert_array_equal(index.signs[row], one.signs)
        np.testing.assert_array_equal(index.thumbs[row], one.thumb)
        np.testing.assert_array_equal(index.colours[row], one.colours)
        np.testing.assert_array_equal(own.places, one.features.places)
        np.testing.assert_array_equal(own.codes, one.features.codes)


def test_the_same_file_in_several_shops_is_one_photo_with_several_showings() -> None:
    shown = [("a", showing("one")), ("b", showing("one")), ("a", showing("two")), ("a", showing("two"))]
    index = empty_index().with_more([*prints("ab"), *prints("a")], shown)
    assert index.contents == ("a", "b")
    assert index.showings_of(0) == [showing("one"), showing("two")]
    assert index.showings_of(1) == [showing("one")]


def test_a_photo_that_nobody_shows_has_no_showings() -> None:
    index = empty_index().with_more(prints("abc"), [("c", showing("one"))])
    assert [index.showings_of(row) for row in range(3)] == [[], [], [showing("one")]]


def test_known_photos_and_showings_are_left_out() -> None:
    first = empty_index().with_more(prints("ab"), [("a", showing("one"))])
    second = first.with_more([("a", print_of("h")), *prints("c")], [("a", showing("one")), ("a", showing("two"))])
    assert second.contents == ("a", "b", "c")
    np.testing.assert_array_equal(second.hashes[0], print_of("a").hashes)
    assert second.showings_of(0) == [showing("one"), showing("two")]
    assert held(second.with_more(prints("abc"), [("a", showing("two"))])) == held(second)


def test_more_photos_leave_the_index_before_as_it_was() -> None:
    first = empty_index().with_more(prints("ab"), [("a", showing("one"))])
    before = held(first)
    first.with_more(prints("cd"), [("a", showing("two"))])
    assert held(first) == before


def test_a_showing_of_a_photo_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError, match="'z'"):
        empty_index().with_more(prints("a"), [("z", showing("one"))])


@settings(max_examples=60)
@given(names=st.permutations(NAMES), cut=st.integers(0, 8), shops=st.lists(st.sampled_from(NAMES), max_size=12))
def test_what_an_index_holds_does_not_depend_on_order_or_batch(names: list[str], cut: int, shops: list[str]) -> None:
    shown = [(name, showing(f"shop {at % 5}")) for at, name in enumerate(shops)]
    first = [pair for pair in shown if pair[0] in names[:cut]]
    at_once = empty_index().with_more(prints(NAMES), shown)
    in_two = empty_index().with_more(prints("".join(names[:cut])), first).with_more(prints("".join(names)), shown)
    assert held(in_two) == held(at_once)


def test_the_nearest_hash_says_which_views_are_alike() -> None:
    index = empty_index().with_more(prints("abc"), [])
    asked = np.concatenate([print_of("h").hashes, index.hashes[1, 7:8] ^ np.uint8([1] + [0] * 31)])
    assert index.candidates(asked, None) == [
        Candidate(row=1, asked=13, stored=7, bits=1, by_vector=False, is_own=False)
    ]


def test_a_photo_may_be_near_by_its_embedding_alone() -> None:
    index = empty_index().with_more(prints("abcdefgh"), [])
    found = index.candidates(print_of("h").hashes[:0], index.signs[2])
    assert Candidate(row=2, asked=-1, stored=-1, bits=256, by_vector=True, is_own=False) in found
    assert {one.asked for one in found} == {-1}


def test_the_nearest_hashes_come_first_and_hash_and_embedding_make_one_candidate() -> None:
    index = empty_index().with_more(prints("abcdefgh"), [])
    asked = np.stack([index.hashes[5, 0], index.hashes[3, 0] ^ np.uint8([3] + [0] * 31)])
    found = index.candidates(asked, index.signs[3])
    assert [(one.row, one.bits) for one in found[:2]] == [(5, 0), (3, 2)]
    assert found[1].by_vector
    assert len({one.row for one in found}) == len(found) == 8


def test_a_picture_in_a_hundred_shops_is_found_in_all_of_them() -> None:
    same = print_of("c")
    copies = [(str(at), replace(same)) for at in range(100)]
    index = empty_index().with_more([*prints("abdefgh"), *copies], [])
    found = index.candidates(np.tile(same.hashes, (4, 1)), None)
    assert {one.row for one in found} == set(range(7, 107))


def test_photos_of_the_asking_shop_take_no_places_from_those_of_others() -> None:
    def near(bits: int) -> Fingerprint:
        flipped = np.unpackbits(print_of("c").hashes, axis=1)
        flipped[:, :bits] ^= 1
        return replace(print_of("c"), hashes=np.packbits(flipped, axis=1))

    own = [(f"own {at}", near(30)) for at in range(60)]
    shown = [(name, showing("mine")) for name, _ in own] + [("copy", showing("theirs"))]
    index = empty_index().with_more([*own, ("copy", near(40))], shown)
    asked = (print_of("c").hashes, print_of("c").signs)
    assert 60 not in {one.row for one in index.candidates(*asked)}
    found = index.candidates(*asked, "mine")
    assert found[0] == Candidate(row=60, asked=0, stored=0, bits=40, by_vector=True, is_own=False)
    assert len(found) == 1 + 20  # own ones tell who was first


def test_a_shop_with_hundreds_of_alike_photos_hides_no_copy_that_only_the_embedding_is_near_to() -> None:
    signs = print_of("c").signs
    mine = replace(print_of("a"), signs=signs)
    own = [(f"own {at}", mine) for at in range(300)]
    theirs = replace(print_of("b"), signs=signs ^ np.uint8(1))
    shown = [(name, showing("mine")) for name, _ in own] + [("copy", showing("theirs"))]
    index = empty_index().with_more([*own, ("copy", theirs)], shown)
    found = index.candidates(print_of("h").hashes, signs, "mine")
    assert found[0] == Candidate(row=300, asked=-1, stored=-1, bits=256, by_vector=True, is_own=False)


def test_a_kind_of_index_comes_back_from_another_process_as_that_kind() -> None:
    class Kind(PhotoIndex):
        pass

    kind, arguments = Kind(**{one.name: getattr(empty_index(), one.name) for one in fields(PhotoIndex)}).__reduce__()
    assert kind is Kind
    assert held(kind(*arguments)) == {}


def test_without_faiss_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    index = empty_index().with_more(prints("a"), [])
    with pytest.raises(MissingExtraError) as caught:
        index.candidates(index.hashes[0], None)
    assert str(caught.value) == (
        "this needs the package 'faiss', which is not installed. Install it with: pip install 'umkm-classifier[reuse]'"
    )
