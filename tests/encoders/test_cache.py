from __future__ import annotations

import errno
import hashlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import umkm_classifier.encoders.cache as cache_module
from umkm_classifier.encoders.cache import CachedEncoder, VectorStore, cache_folder
from umkm_classifier.encoders.text import NoEncoder, UseEncoder

ROOT = Path(__file__).parents[2]

# used here and in other processes: the vector of a text is the digest of the text
FAKE = """
import hashlib
import numpy as np

class Fake:
    id = "fake:encoder==1"
    dim = 8

    def __init__(self, hash="one"):
        self.hash = hash
        self.asked = []

    def encode(self, texts):
        self.asked.extend(texts)
        digests = [np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="u4") for text in texts]
        return np.asarray(digests, dtype=np.float32).reshape(-1, 8) / 2**32
"""


class Fake:
    id = "fake:encoder==1"
    dim = 8

    def __init__(self, hash: str = "one") -> None:
        self.hash = hash
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return vectors_of(texts)


def vectors_of(texts: Sequence[str]) -> NDArray[np.float32]:
    digests = [np.frombuffer(hashlib.sha256(text.encode("utf-8", "replace")).digest(), dtype="u4") for text in texts]
    return np.asarray(digests, dtype=np.float32).reshape(-1, 8) / np.float32(2**32)


def vector_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.vectors"))


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FAKE + code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_text_is_encoded_once_and_kept_for_the_next_encoder(tmp_path: Path) -> None:
    first = Fake()
    texts = ["kain", "sajadah", "kain", "tasbih"]
    assert np.array_equal(CachedEncoder(first, tmp_path).encode(texts), vectors_of(texts))
    assert first.asked == ["kain", "sajadah", "tasbih"]
    second = Fake()
    cached = CachedEncoder(second, tmp_path)
    more = ["batik", "tasbih", "kain", "batik"]
    assert np.array_equal(cached.encode(more), vectors_of(more))
    assert second.asked == ["batik"]
    assert np.array_equal(cached.encode(more), vectors_of(more))
    assert second.asked == ["batik"]


def test_cached_vectors_have_the_bits_of_fresh_ones(tmp_path: Path) -> None:
    texts = ["kain batik tulis", "sajadah", "", "tasbih kayu 33 butir"]
    fresh = UseEncoder().encode(texts)
    assert np.array_equal(CachedEncoder(UseEncoder(), tmp_path).encode(texts[1:3]), fresh[1:3])
    cached = CachedEncoder(UseEncoder(), tmp_path).encode(texts)
    assert cached.dtype == np.float32
    assert np.array_equal(cached, fresh)
    assert np.array_equal(CachedEncoder(UseEncoder(), tmp_path).encode(texts), fresh)


def test_a_cached_encoder_is_an_encoder(tmp_path: Path) -> None:
    encoder = CachedEncoder(Fake(), tmp_path)
    assert (encoder.id, encoder.hash, encoder.dim) == ("fake:encoder==1", "one", 8)
    assert encoder.encode([]).shape == (0, 8)
    with pytest.raises(TypeError, match=r"^encode: expected a sequence of texts, found one str\."):
        encoder.encode("kain")


def test_another_hash_is_another_cache(tmp_path: Path) -> None:
    CachedEncoder(Fake("one"), tmp_path).encode(["kain"])
    other = Fake("two")
    CachedEncoder(other, tmp_path).encode(["kain"])
    assert other.asked == ["kain"]
    assert len(list(tmp_path.iterdir())) == 2


def test_blank_texts_are_zero_and_neither_encoded_nor_kept(tmp_path: Path) -> None:
    encoder = Fake()
    vectors = CachedEncoder(encoder, tmp_path).encode(["", "kain", " \n"])
    assert vectors[1].all()
    assert not vectors[[0, 2]].any()
    assert encoder.asked == ["kain"]


def test_a_lone_surrogate_is_a_text_of_its_own(tmp_path: Path) -> None:
    encoder = Fake()
    CachedEncoder(encoder, tmp_path).encode(["kain \ud83d", "kain ?"])
    CachedEncoder(encoder, tmp_path).encode(["kain \ud83d", "kain ?"])
    assert encoder.asked == ["kain \ud83d", "kain ?"]


def test_no_encoder_needs_no_cache(tmp_path: Path) -> None:
    assert CachedEncoder(NoEncoder(), tmp_path).encode(["kain"]).shape == (1, 0)
    assert list(tmp_path.iterdir()) == []


def test_no_text_is_written(tmp_path: Path) -> None:
    CachedEncoder(Fake(), tmp_path).encode(["sajadahku yang rahasia"])
    (path,) = vector_files(tmp_path)
    assert b"rahasia" not in path.read_bytes()


def test_many_texts_are_saved_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "ROWS_PER_FILE", 4)
    texts = [f"kain {number}" for number in range(10)]
    assert np.array_equal(CachedEncoder(Fake(), tmp_path).encode(texts), vectors_of(texts))
    assert len(vector_files(tmp_path)) == 3
    assert np.array_equal(CachedEncoder(Fake(), tmp_path).encode(texts[::-1]), vectors_of(texts[::-1]))


@pytest.mark.parametrize("damage", ["truncated", "one bit", "empty", "grown"])
def test_fault_63_a_damaged_file_is_dropped_with_a_warning_and_computed_again(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = ["kain", "sajadah"]
    CachedEncoder(Fake(), tmp_path).encode(texts)
    CachedEncoder(Fake(), tmp_path).encode(["tasbih"])
    path = max(vector_files(tmp_path), key=lambda path: path.stat().st_size)
    content = path.read_bytes()
    spoiled = {
        "truncated": content[:-40],
        "one bit": bytes([content[0]]) + bytes([content[1] ^ 1]) + content[2:],
        "empty": b"",
        "grown": content * 2,
    }[damage]
    path.write_bytes(spoiled)
    encoder = Fake()
    vectors = CachedEncoder(encoder, tmp_path).encode([*texts, "tasbih"])
    assert np.array_equal(vectors, vectors_of([*texts, "tasbih"]))
    assert encoder.asked == texts
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: the cached vectors are damaged; they are dropped and computed again."
    ]
    caplog.clear()
    again = Fake()
    CachedEncoder(again, tmp_path).encode(texts)
    assert (again.asked, caplog.records) == ([], [])


def test_vectors_that_are_not_finite_are_not_kept(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, 2)
    keys = [bytes([number]) * 32 for number in range(3)]
    store.add(keys, np.asarray([[1, 2], [np.nan, 0], [0, np.inf]], dtype=np.float32))
    vectors, found = VectorStore(tmp_path, 2).find(keys)
    assert found.tolist() == [True, False, False]
    assert vectors.tolist() == [[1, 2], [0, 0], [0, 0]]


def test_a_folder_that_cannot_be_made_costs_one_warning_and_no_result(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    encoder = Fake()
    cached = CachedEncoder(encoder, tmp_path / "file")
    for _ in range(2):
        assert np.array_equal(cached.encode(["kain", "kain"]), vectors_of(["kain", "kain"]))
    assert encoder.asked == ["kain", "kain"]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().endswith(
        "vectors cannot be cached here (Not a directory); they are computed every time. "
        "Set UMKM_CACHE to a folder that can be written to."
    )


def test_fault_70_a_full_disk_costs_one_warning_and_leaves_no_half_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    cached = CachedEncoder(Fake(), tmp_path)
    assert np.array_equal(cached.encode(["kain"]), vectors_of(["kain"]))
    assert np.array_equal(cached.encode(["tasbih"]), vectors_of(["tasbih"]))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    (record,) = caplog.records
    assert "(No space left on device)" in record.getMessage()


def test_fault_71_a_kill_leaves_whole_files_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    code = """
import sys
from pathlib import Path
from umkm_classifier.encoders.cache import CachedEncoder
cached = CachedEncoder(Fake(), Path(sys.argv[1]))
for number in range(100_000):
    cached.encode([f"kain {number} {row}" for row in range(200)])
    print(number, flush=True)
"""
    process = start(code, str(tmp_path))
    assert process.stdout is not None
    for _ in range(20):
        line = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert line == "19\n"
    texts = [f"kain {number} {row}" for number in range(20) for row in range(200)]
    encoder = Fake()
    assert np.array_equal(CachedEncoder(encoder, tmp_path).encode(texts), vectors_of(texts))
    assert (encoder.asked, caplog.records) == ([], [])


def test_fault_72_two_processes_write_one_cache(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    code = """
import sys
from pathlib import Path
from umkm_classifier.encoders.cache import CachedEncoder
cached = CachedEncoder(Fake(), Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 30):
    cached.encode([f"kain {number} {row}" for row in range(20)])
"""
    processes = [start(code, str(tmp_path), first) for first in ("0", "15")]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0]
    texts = [f"kain {number} {row}" for number in range(45) for row in range(20)]
    encoder = Fake()
    assert np.array_equal(CachedEncoder(encoder, tmp_path).encode(texts), vectors_of(texts))
    assert (encoder.asked, caplog.records) == ([], [])


def test_what_a_killed_process_left_is_swept_after_an_hour(tmp_path: Path) -> None:
    VectorStore(tmp_path, 2)
    old, young = tmp_path / "old.tmp", tmp_path / "young.tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 4000, time.time() - 4000))
    VectorStore(tmp_path, 2)
    assert (old.exists(), young.exists()) == (False, True)


def test_the_default_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("UMKM_CACHE", raising=False)
    assert cache_folder() == tmp_path / ".cache" / "umkm_classifier"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "umkm_classifier"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "umkm_classifier"
    monkeypatch.setenv("UMKM_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


def test_the_environment_chooses_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UMKM_CACHE", str(tmp_path / "mine"))
    CachedEncoder(Fake()).encode(["kain"])
    assert len(vector_files(tmp_path / "mine")) == 1
