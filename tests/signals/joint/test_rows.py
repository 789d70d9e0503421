"""Rows as the network takes them: the right rows, the right photos, and digests that notice a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.encoders.conftest import wordpiece
from tests.signals.joint.made import made
from umkm_classifier.encoders.image_pixels import Scaling, network_input
from umkm_classifier.encoders.tokens import TextTokens
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import open_photo
from umkm_classifier.signals.joint.rows import TUNED_PHOTOS, FrozenRows, TunedRows

SCALING = Scaling(8, (127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
DIMS = {"title": 32, "description": 32, "photos": 16}


@pytest.fixture(scope="module")
def tokens() -> TextTokens:
    return TextTokens(wordpiece().backend_tokenizer.to_str(), max_tokens=12, prefix="", pad_id=0)


def rows_of(listings: Listings, tokens: TextTokens | None, scaling: Scaling | None = SCALING) -> TunedRows:
    return TunedRows(listings, tokens, scaling, DIMS)


def test_frozen_rows_are_cut_by_modality() -> None:
    vectors = np.arange(12, dtype=np.float32).reshape(2, 6)
    present = np.asarray([[True, False, True], [True, True, True]])
    rows = FrozenRows(vectors, present, {"title": 1, "description": 2, "photos": 3})
    batch = rows.batch(np.asarray([1]))
    assert {name: given[0].tolist() for name, given in batch.items()} == {
        "title": [[6.0]], "description": [[7.0, 8.0]], "photos": [[9.0, 10.0, 11.0]],
    }  # fmt: skip
    kept = rows.kept(["title", "photos"])
    assert kept.vectors.tolist() == [[0.0, 3.0, 4.0, 5.0], [6.0, 9.0, 10.0, 11.0]]
    assert kept.present.tolist() == [[True, True], [True, True]]
    assert kept.dims == {"title": 1, "photos": 3}


def test_texts_and_photos_are_given_with_the_rows_that_have_them(tokens: TextTokens) -> None:
    listings, *_ = made(12, 3, missing=0.4)
    rows = rows_of(listings, tokens)
    at = np.asarray([7, 2, 9, 4, 0])
    batch = rows.batch(at)
    for column, name in enumerate(("title", "description")):
        place, ids, mask = batch[name]
        assert place.tolist() == [row for row, listing in enumerate(at) if listings.column(name)[listing]]
        for row, one, seen in zip(place, ids, mask, strict=True):
            assert one[seen == 1].tolist() == tokens.ids(listings.column(name)[at[row]])
        assert rows.present[at, column].tolist() == [row in place for row in range(len(at))]
    place, pixels = batch["photos"]
    expected = [(row, photo) for row, listing in enumerate(at) for photo in listings.column("photos")[listing]]
    assert place.tolist() == [row for row, _ in expected]
    shown = np.concatenate([network_input(open_photo(photo, at_least=8).pixels, SCALING) for _, photo in expected])
    np.testing.assert_array_equal(pixels, shown)


def test_what_no_row_of_a_batch_has_is_left_out(tokens: TextTokens) -> None:
    listings, *_ = made(4, 3, has=("title",), missing=0.0)
    assert list(rows_of(listings, tokens).batch(np.arange(4))) == ["title"]


def test_a_photo_that_cannot_be_opened_and_those_beyond_the_fourth_are_left_out(tokens: TextTokens) -> None:
    listings, *_ = made(2, 3, has=("photos",), missing=0.0)
    photo = listings.column("photos")[0][0]
    photos = np.empty(2, dtype=object)
    photos[:] = [(b"none", *[photo] * 7), (b"none",)]
    rows = rows_of(listings.replace(photos=photos), tokens)
    assert rows.present[:, 2].tolist() == [True, False]
    assert rows.batch(np.arange(2))["photos"][0].tolist() == [0] * (TUNED_PHOTOS - 1)


def test_kept_modalities_alone_are_given(tokens: TextTokens) -> None:
    rows = rows_of(made(6, 3, missing=0.0)[0], tokens).kept(["description"])
    assert (rows.dims, rows.present.shape) == ({"description": 32}, (6, 1))
    assert list(rows.batch(np.arange(6))) == ["description"]


def test_a_digest_notices_other_texts_and_other_photos(tokens: TextTokens) -> None:
    listings, *_ = made(6, 3, missing=0.0)
    digest = rows_of(listings, tokens).digest()
    assert rows_of(listings, tokens).digest() == digest
    other = listings.column("title").copy()
    other[3] = "sajadah"
    photos = listings.column("photos").copy()
    photos[3] = photos[4]
    changed = [listings.replace(title=other), listings.replace(photos=photos), listings[:5]]
    assert len({digest, *(rows_of(one, tokens).digest() for one in changed)}) == 4


def test_a_photo_by_path_is_known_by_its_path(tokens: TextTokens, tmp_path: Path) -> None:
    listings, *_ = made(1, 3, has=("photos",), missing=0.0)
    (tmp_path / "a.png").write_bytes(listings.column("photos")[0][0])
    photos = np.empty(1, dtype=object)
    photos[0] = (tmp_path / "a.png",)
    rows = rows_of(listings.replace(photos=photos), tokens)
    assert rows.present[0].tolist() == [False, False, True]
    assert rows.digest() != rows_of(listings, tokens).digest()
