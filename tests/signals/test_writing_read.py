"""Reading writing on drawn photos with the reader of the extra."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder, encode_photos
from umkm_classifier.errors import MissingExtraError
from umkm_classifier.listings.photo import Pixels, open_photo
from umkm_classifier.signals import writing_read
from umkm_classifier.signals.writing_marks import MARKS, Line
from umkm_classifier.signals.writing_read import WritingReader, require_writing, writing_reader
from umkm_classifier.signals.writing_scripts import Piece
from umkm_classifier.simulate.edits import caption_bar
from umkm_classifier.simulate.glyphs import HAN_PHRASES

ROOT = Path(__file__).resolve().parents[2]


def photo(*captions: str, size: tuple[int, int] = (420, 420), seed: int = 0) -> bytes:
    """A picture with captions at its lower and its upper end."""
    picture = natural_picture(*size, seed)
    for at, caption in enumerate(captions):
        picture = caption_bar(picture, caption, 0.12, top=at == 1)
    return saved(picture, "PNG")


def pixels(*captions: str, **settings: Any) -> Pixels:
    return open_photo(photo(*captions, **settings), at_least=WritingReader.side).pixels


def named(vector: np.ndarray) -> set[str]:
    return {mark.id for mark, value in zip(MARKS, vector, strict=True) if value}


@pytest.fixture(scope="module")
def reader() -> WritingReader:
    return WritingReader()


@pytest.fixture
def without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_read, "_DETECTOR", "another.onnx")


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as import sees a package that is not there
    monkeypatch.setattr(writing_read.importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("captions", "expected"),
    [
        (("中国工厂",), {"script.han"}),
        (("工厂正品", "1688.com"), {"script.han", "market.wholesale"}),
        (("aliexpress.com",), {"market.abroad"}),
        (("+86 138 1234 5678",), {"contact.china"}),
        (("WA 0812-3456-7890", "tokopedia"), {"contact.local", "market.local"}),
        (("MADE IN CHINA",), {"origin.made_in"}),
        (("READY STOCK",), set()),
        ((), set()),
    ],
)
def test_captions_on_a_photo_are_read(reader: WritingReader, captions: tuple[str, ...], expected: set[str]) -> None:
    (vector,) = reader.encode([pixels(*captions)])
    assert named(vector) == expected


def test_most_chinese_captions_of_simulated_photos_are_found_and_none_without_one(reader: WritingReader) -> None:
    captioned = reader.encode([pixels(phrase, seed=at) for at, phrase in enumerate(HAN_PHRASES)])
    plain = reader.encode([pixels("BISA ECER", seed=at) for at in range(6)])
    assert sum("script.han" in named(vector) for vector in captioned) >= len(HAN_PHRASES) - 2
    assert not plain.any()


def test_a_photo_has_the_same_marks_whatever_its_mates_and_however_often_it_is_asked(reader: WritingReader) -> None:
    photos = [pixels("中国工厂"), pixels(), pixels("SHEIN")]
    together = reader.encode(photos)
    np.testing.assert_array_equal(WritingReader().encode(photos[::-1])[::-1], together)
    np.testing.assert_array_equal(reader.encode(photos), together)
    assert reader.encode([]).shape == (0, len(MARKS))


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (2, 3000), (15, 400), (16, 16)])
def test_photos_of_odd_shapes_show_nothing(reader: WritingReader, size: tuple[int, int]) -> None:
    image = np.full((size[1], size[0], 3), 128, dtype=np.uint8)
    assert not reader.encode([image]).any()


def test_a_large_photo_is_read_no_larger_than_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    fresh = WritingReader()
    fresh._engine = lambda image: seen.append(image.shape) or []
    fresh.encode([np.zeros((3000, 1500, 3), dtype=np.uint8), np.zeros((300, 200, 3), dtype=np.uint8)])
    assert seen == [(800, 400, 3), (300, 200, 3)]


def test_a_photo_is_shown_to_the_reader_with_blue_first() -> None:
    seen: list[np.ndarray] = []
    fresh = WritingReader()
    fresh._engine = lambda image: seen.append(image) or []
    fresh.encode([np.full((40, 40, 3), (10, 20, 30), dtype=np.uint8)])
    assert seen[0][0, 0].tolist() == [30, 20, 10]


def test_an_error_of_the_reader_costs_that_photo_alone(caplog: pytest.LogCaptureFixture) -> None:
    fresh = WritingReader()

    def engine(image: np.ndarray) -> Any:
        if image[0, 0, 0] == 7:
            raise ValueError("a seller's own words")
        return [Piece(image, Line("工厂正品", 0.99))]

    fresh._engine = engine
    vectors = fresh.encode([np.full((40, 40, 3), grey, dtype=np.uint8) for grey in (6, 7, 8)])
    assert np.isnan(vectors[1]).all()
    assert named(vectors[0]) == named(vectors[2]) == {"script.han"}
    assert caplog.messages == ["writing: a photo that can be read expected, found ValueError; it is left out."]


def test_a_machine_out_of_memory_is_told() -> None:
    fresh = WritingReader()

    def engine(image: np.ndarray) -> Any:
        raise MemoryError

    fresh._engine = engine
    with pytest.raises(MemoryError):
        fresh.encode([np.zeros((40, 40, 3), dtype=np.uint8)])


def test_a_photo_is_read_once_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_read, "REMEMBERED", 2)
    fresh, reads = WritingReader(), []
    fresh._engine = lambda image: reads.append(int(image[0, 0, 0])) or []
    one, two, three = (np.full((40, 40, 3), grey, dtype=np.uint8) for grey in (1, 2, 3))
    fresh.encode([one, one, two])
    fresh.encode([one])
    assert reads == [1, 2]
    fresh.encode([three, one, two])  # two is the one that was not asked for in a while
    assert reads == [1, 2, 3, 2]
    assert len(fresh._seen) == 2


def test_marks_are_kept_on_disk_by_the_content_of_the_file(tmp_path: Path) -> None:
    file = photo("中国工厂")
    first, codes = encode_photos(CachedImageEncoder(WritingReader(), tmp_path), [file, b"broken"])
    assert codes == ["", "image_unsupported"]
    blind = WritingReader()
    blind._engine = lambda image: pytest.fail("the photo was read again")
    again, _ = encode_photos(CachedImageEncoder(blind, tmp_path), [file, b"broken"])
    np.testing.assert_array_equal(again, first)
    assert named(first[0]) == {"script.han"}
    assert all("工".encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_threads_may_share_a_reader() -> None:
    photos = [pixels(caption) for caption in ("中国工厂", "SHEIN", "READY STOCK", "1688.com")]
    expected = WritingReader().encode(photos)
    shared = WritingReader()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda at: shared.encode([photos[at % 4]])[0], range(12)))
    np.testing.assert_array_equal(found, np.tile(expected, (3, 1)))


def test_a_reader_travels_between_processes() -> None:
    there = pickle.loads(pickle.dumps(WritingReader()))
    assert (there.id, there.hash, there.dim) == (WritingReader().id, WritingReader().hash, len(MARKS))


def test_the_models_are_found_in_the_package_and_loaded_at_the_first_photo_without_a_network() -> None:
    # pytest-socket forbids the network in this process; here Python itself does
    code = """
import json, socket, sys
def refuse(*_, **__):
    raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = refuse
import numpy as np
from umkm_classifier.signals import writing_read
load, made = writing_read._rapidocr, []
writing_read._rapidocr = lambda: made.append(load()) or made[0]
reader = writing_read.writing_reader()
before = "rapidocr" in sys.modules
reader.encode([np.full((100, 100, 3), 255, dtype=np.uint8)])
options = made[0].text_det.session.session.get_session_options()
print(json.dumps([before, "rapidocr" in sys.modules, options.intra_op_num_threads]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "trained data" not in line]) == (0, [])
    assert json.loads(done.stdout) == [False, True, 1]


def test_without_the_extra_nothing_is_read_and_who_needs_it_is_told_what_to_install(without_extra: None) -> None:
    assert isinstance(writing_reader(), NoImageEncoder)
    with pytest.raises(MissingExtraError) as caught:
        require_writing()
    assert str(caught.value) == (
        "this needs the package 'rapidocr', which is not installed. Install it with: pip install 'umkm-classifier[ocr]'"
    )
    assert caught.value.exit_code == 2


def test_another_rapidocr_without_these_models_counts_as_none(without_models: None) -> None:
    from importlib.metadata import version

    assert isinstance(writing_reader(), NoImageEncoder)
    with pytest.raises(MissingExtraError) as caught:
        require_writing()
    assert str(caught.value) == (
        "signal 'writing': a version of rapidocr with another.onnx and PP-OCRv6_rec_small.onnx expected, found "
        f"{version('rapidocr')} without them. Install it with: pip install 'umkm-classifier[ocr]'"
    )


def test_with_the_extra_nobody_is_told_anything() -> None:
    require_writing()
    assert isinstance(writing_reader(), WritingReader)


@pytest.mark.parametrize("wrong", [np.zeros((4, 4, 3), dtype=np.uint8), b"photo"])
def test_a_lone_photo_is_refused(reader: WritingReader, wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected a sequence of photos"):
        reader.encode(wrong)
