"""Masking reads any text in a time that grows with its length."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umkm_classifier.listings.declarations import admits_foreign, declares_foreign
from umkm_classifier.listings.mask import mask_text, skeleton


@settings(deadline=None)
@given(st.text())
def test_the_skeleton_has_the_length_of_its_text(text: str) -> None:
    assert len(skeleton(text)) == len(text)


def test_the_skeleton_folds_every_accented_latin_letter() -> None:
    for code in range(0xC0, 0x250):
        char = chr(code)
        base = unicodedata.normalize("NFD", char)[0]
        if base.isascii() and base.isalpha():
            assert skeleton(char) == base.lower()
    assert len(skeleton("".join(map(chr, range(0xD800))) + chr(sys.maxunicode))) == 0xD801


@pytest.mark.parametrize(
    "text",
    [
        "kain batik tulis motif parang ukuran dua meter " * 21_000,
        "\n".join(["bahan katun halus"] * 55_000),
        "asli " * 200_000,
        "asli " * 100_000 + "Solo " * 100_000,
        "produk-" * 140_000,
        "lokal " * 160_000,
        "(" * 500_000 + ")" * 500_000,
        "() " * 330_000,
        "a" * 1_000_000,
        "#" * 1_000_000,
        "- " * 500_000,
        "negara asal: " * 70_000,
        "bpom no. " * 110_000,
        "1 " * 500_000,
        "usaha mikro " * 80_000,
        "buatan oleh secara " * 50_000,
        "l o k a " * 120_000,
        "\n" * 1_000_000,
        "umkm-" * 200_000,
        "|" * 1_000_000,
        "#lokal" * 160_000,
        "🔥 " * 500_000,
        "handmade! " * 100_000,
        "tas, handmade 🔥 " * 60_000,
        "dibuat langsung oleh " * 48_000,
        "barang import kain " * 50_000,
        "lokal " * 10_000 + "umkm-" * 100_000 + " lokal kain" * 20_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_fault_35_masking_takes_linear_time_on_any_megabyte(text: str) -> None:
    # A backtracking pattern would take minutes; the budget allows for a slow and shared machine.
    started = time.process_time()
    mask_text(text)
    admits_foreign(skeleton(text))
    declares_foreign(skeleton(text))
    assert time.process_time() - started < 8
