from __future__ import annotations

import hashlib
import logging
import pickle
from pathlib import Path

import numpy as np
import pytest

import umkm_classifier.encoders.image_cache as module
from tests.colour_encoder import ColourEncoder
from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder, encode_photos
from umkm_classifier.listings.listed_photo import ListedPhoto, RootedPhoto
from umkm_classifier.listings.photo import open_photo


def file_of(seed: int) -> bytes:
    return saved(natural_picture(40, 30, seed=seed), "PNG")


def vectors_of(*seeds: int) -> np.ndarray:
    return ColourEncoder().encode([open_photo(file_of(seed), at_least=32).pixels for seed in seeds])


def vector_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.vectors"))


def test_photos_of_every_kind_are_opened_and_encoded_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(file_of(1))
    photos: list[ListedPhoto] = [
        file_of(0),
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
        RootedPhoto(tmp_path, "a.png"),
    ]
    vectors, codes = encode_photos(ColourEncoder(), iter(photos))
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, vectors_of(0, 1, 1, 1))
    assert codes == ["", "", "", ""]


@pytest.mark.parametrize("cached", [False, True])
def test_a_photo_that_cannot_be_opened_is_zeros_and_a_code(cached: bool, tmp_path: Path) -> None:
    encoder = CachedImageEncoder(ColourEncoder(), tmp_path) if cached else ColourEncoder()
    photos: list[ListedPhoto] = [
        file_of(0)[:200],
        file_of(1),
        RootedPhoto(tmp_path, "../b.png"),
        b"",
        tmp_path / "b.png",
    ]
    vectors, codes = encode_photos(encoder, photos)
    assert codes == ["image_truncated", "", "image_path_outside_root", "image_empty", "image_missing"]
    np.testing.assert_array_equal(vectors[1], vectors_of(1)[0])
    assert not vectors[[0, 2, 3, 4]].any()


@pytest.mark.parametrize("cached", [False, True])
def test_no_photos_are_no_vectors(cached: bool, tmp_path: Path) -> None:
    encoder = CachedImageEncoder(ColourEncoder(), tmp_path) if cached else ColourEncoder()
    vectors, codes = encode_photos(encoder, [])
    assert vectors.shape == (0, 12)
    assert codes == []
    assert vector_files(tmp_path) == []


def test_without_an_encoder_photos_are_vectors_of_no_length(tmp_path: Path) -> None:
    vectors, codes = CachedImageEncoder(NoImageEncoder(), tmp_path).encode_photos([file_of(0), b""])
    assert vectors.shape == (2, 0)
    assert codes == ["", "image_empty"]
    assert list(tmp_path.iterdir()) == []


def test_a_photo_is_opened_and_encoded_once_and_kept_for_the_next_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def watch(file: bytes, *, at_least: int) -> object:
        opened.append(hashlib.sha256(file).hexdigest())
        return open_photo(file, at_least=at_least)

    monkeypatch.setattr(module, "open_photo", watch)
    first = CachedImageEncoder(ColourEncoder(), tmp_path)
    np.testing.assert_array_equal(first.encode_photos([file_of(at) for at in (0, 1, 0)])[0], vectors_of(0, 1, 0))
    second = CachedImageEncoder(ColourEncoder(), tmp_path)
    np.testing.assert_array_equal(encode_photos(second, [file_of(at) for at in (2, 1, 2)])[0], vectors_of(2, 1, 2))
    np.testing.assert_array_equal(encode_photos(second, [file_of(at) for at in (2, 0)])[0], vectors_of(2, 0))
    assert opened == [hashlib.sha256(file_of(at)).hexdigest() for at in (0, 1, 2)]


def test_another_hash_is_another_cache(tmp_path: Path) -> None:
    CachedImageEncoder(ColourEncoder("one"), tmp_path).encode_photos([file_of(0)])
    other = ColourEncoder("two")
    CachedImageEncoder(other, tmp_path).encode_photos([file_of(0)])
    assert other.encoded == 1
    assert len(list(tmp_path.iterdir())) == 2
    assert all(folder.name.startswith("photos-colour-12-") for folder in tmp_path.iterdir())


def test_a_damaged_cache_is_told_of_and_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    CachedImageEncoder(ColourEncoder(), tmp_path).encode_photos([file_of(0)])
    (path,) = vector_files(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    again = CachedImageEncoder(ColourEncoder(), tmp_path)
    np.testing.assert_array_equal(again.encode_photos([file_of(0)])[0], vectors_of(0))
    assert caplog.messages == [f"{path}: the cached vectors are damaged; they are dropped and computed again."]


def test_what_was_encoded_before_an_interrupt_is_kept(tmp_path: Path) -> None:
    def photos() -> object:
        yield file_of(0)
        yield file_of(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CachedImageEncoder(ColourEncoder(), tmp_path).encode_photos(photos())  # type: ignore[arg-type]
    again = ColourEncoder()
    np.testing.assert_array_equal(
        CachedImageEncoder(again, tmp_path).encode_photos([file_of(1), file_of(0)])[0], vectors_of(1, 0)
    )
    assert again.encoded == 0


def test_many_photos_are_kept_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_PER_FILE", 2)
    encoder = CachedImageEncoder(ColourEncoder(), tmp_path)
    seeds = (0, 1, 0, 2, 3, 4, 1)
    np.testing.assert_array_equal(encoder.encode_photos([file_of(at) for at in seeds])[0], vectors_of(*seeds))
    assert len(vector_files(tmp_path)) == 3


def test_a_folder_that_cannot_be_written_to_costs_time_and_no_vector(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    with caplog.at_level(logging.WARNING):
        cached = CachedImageEncoder(ColourEncoder(), tmp_path / "file")
        np.testing.assert_array_equal(cached.encode_photos([file_of(0)])[0], vectors_of(0))
    assert len(caplog.messages) == 1
    assert "vectors cannot be cached here" in caplog.messages[0]


def test_a_cached_encoder_is_an_encoder_and_pixels_are_encoded_every_time(tmp_path: Path) -> None:
    wrapped = ColourEncoder()
    encoder = CachedImageEncoder(wrapped, tmp_path)
    assert (encoder.id, encoder.hash, encoder.dim, encoder.side) == ("colour:12", wrapped.hash, 12, 32)
    pixels = open_photo(file_of(0), at_least=32).pixels
    for _ in range(2):
        np.testing.assert_array_equal(encoder.encode([pixels]), vectors_of(0))
    assert wrapped.encoded == 2
    assert vector_files(tmp_path) == []


def test_a_pickled_encoder_opens_the_same_cache(tmp_path: Path) -> None:
    encoder = CachedImageEncoder(ColourEncoder(), tmp_path)
    encoder.encode_photos([file_of(0)])
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.encode_photos([file_of(0)])[0], vectors_of(0))
    assert again.encoder.encoded == 1  # as it was when it was pickled


def test_the_cache_is_in_the_users_folder_where_none_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMKM_CACHE", str(tmp_path))
    CachedImageEncoder(ColourEncoder()).encode_photos([file_of(0)])
    assert len(vector_files(tmp_path)) == 1


def test_a_cache_holds_digests_and_vectors_and_no_photo(tmp_path: Path) -> None:
    CachedImageEncoder(ColourEncoder(), tmp_path).encode_photos([file_of(0)])
    (path,) = vector_files(tmp_path)
    assert path.read_bytes() == hashlib.sha256(file_of(0)).digest() + vectors_of(0).astype("<f4").tobytes()
