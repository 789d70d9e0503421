"""Declared origins leave no trace; admissions in prose stay unless asked for."""

from __future__ import annotations

import pytest

from umkm_classifier.listings.mask import mask_admissions, mask_ships_from, mask_text


@pytest.mark.parametrize(
    "country", ["Indonesia", "China", "Tiongkok", "Korea Selatan", "luar negeri", "Wakanda", "CN", "PT Maju"]
)
@pytest.mark.parametrize(
    ("shown", "left"),
    [
        ("Bahan: katun\nNegara Asal: {}\nUkuran: 2 m", "Bahan: katun\nUkuran: 2 m"),
        ("Negara Asal : {} | Bahan : katun", "Bahan : katun"),
        ("asal negara = {}; katun", "katun"),
        ("Country of Origin: {}, katun", "katun"),
        ("Asal Produk: {}", ""),
        ("Made in: {}", ""),
        ("Buatan: {}", ""),
        ("Origin: {}", ""),
        ("• Asal: {}", ""),
        ("Negara Asal: {} Berat: 100 gr", "Berat: 100 gr"),
    ],
)
def test_a_declared_origin_leaves_no_trace_whatever_it_says(shown: str, left: str, country: str) -> None:
    assert mask_text(shown.format(country)) == left


@pytest.mark.parametrize("country", ["Indonesia", "China", "Jepang", "Luar Negeri"])
def test_a_key_and_its_country_on_two_lines_go_together(country: str) -> None:
    assert mask_text(f"Merek\nAyu\nNegara Asal\n{country}\nBahan\nKatun") == "Merek\nAyu\nBahan\nKatun"


def test_a_line_says_where_it_is_sent_from_only_within_indonesia() -> None:
    assert mask_text("Dikirim Dari: Luar Negeri\nBahan: katun") == "Bahan: katun"
    assert mask_text("Dikirim Dari: Guangdong, China\nBahan: katun") == "Bahan: katun"
    assert mask_text("Dikirim Dari: Kab. Bandung\nBahan: katun") == "Dikirim Dari: Kab. Bandung\nBahan: katun"


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("Kab. Bandung", "Kab. Bandung"),
        ("KOTA SURAKARTA", "KOTA SURAKARTA"),
        ("Kab. Timor Tengah Utara",) * 2,
        ("Jakarta Barat, DKI Jakarta",) * 2,
        ("Gudang Pusat",) * 2,
        ("", ""),
        ("China", ""),
        ("Mainland China", ""),
        ("LUAR NEGERI", ""),
        ("Guangdong, China", ""),
        ("Hong Kong", ""),
        ("Timor Leste", ""),
        ("overseas", ""),
        ("Korea Selatan", ""),
        ("Türkiye", ""),
    ],
)
def test_ships_from_keeps_indonesian_places_only(place: str, left: str) -> None:
    assert mask_ships_from(place) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Tas import China murah", "Tas murah"),
        ("kain impor premium", "kain premium"),
        ("buatan Jepang, awet", "awet"),
        ("dikirim dari luar negeri", "dikirim"),
        ("Jastip Korea bedak", "bedak"),
        ("Kain batik tulis Solo", "Kain batik tulis Solo"),
        ("ukuran uk 40", "ukuran uk 40"),
    ],
)
def test_admissions_are_masked_only_when_asked(text: str, left: str) -> None:
    assert mask_admissions(text) == left
    assert mask_text(text) == text
