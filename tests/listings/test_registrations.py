"""Registration numbers do not tell where a thing was made."""

from __future__ import annotations

import pytest

from umkm_classifier.listings.mask import mask_attributes, mask_text


def folded(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("home", "abroad", "left"),
    [
        ("BPOM NA18200100123", "BPOM NA11190100456", "BPOM NA"),
        ("BPOM NA18200100123", "BPOM NC14200700065", "BPOM NA"),
        ("NA 18 20 01 00123 isi 30 ml", "NA26200100123 isi 30 ml", "NA isi 30 ml"),
        ("BPOM RI MD 267009123456", "BPOM RI ML 867009123456", "BPOM RI"),
        ("No. BPOM: MD 267009123456", "No. BPOM: ML867009123456", "No. BPOM:"),
        ("BPOM MD", "BPOM ML", "BPOM"),
        ("MD 267009123456 isi 100 gr", "ML 867009123456 isi 100 gr", "isi 100 gr"),
        ("Kemenkes RI AKD 20501234567", "Kemenkes RI AKL 20509876543", "Kemenkes RI"),
        ("Kemenkes PKD 20501234567", "Kemenkes PKL 20509876543", "Kemenkes"),
        ("POM TR 123456789", "POM TI 987654321", "POM"),
        ("POM SD 123456789", "POM SI 987654321", "POM"),
        ("DKL1234567890A1 tablet", "DTI9876543210B1 tablet", "tablet"),
        ("P-IRT 2063471010011-20", "P-IRT No. 206 3471 01 0012-21".replace(" No.", ""), "P-IRT"),
        ("NIB 1234567890123", "NIB: 9876543210987".replace(":", ""), "NIB"),
        ("Halal MUI 12345678901234", "Halal MUI 98765432109876", "Halal MUI"),
        ("ID32110000123456789 halal", "ID99110000123456789 halal", "halal"),
        ("SNI 7079:2009 aman", "SNI 8124-1:2010 aman", "SNI aman"),
    ],
)
def test_a_registration_number_does_not_tell_home_from_abroad(home: str, abroad: str, left: str) -> None:
    assert folded(mask_text(home)) == folded(mask_text(abroad)) == left


def test_other_numbers_stay() -> None:
    for text in ("WA 081234567890", "ukuran 120 x 200", "kode 12345678", "50 ml isi 12", "halal 100%", "tahun 2024"):
        assert mask_text(text) == text


@pytest.mark.parametrize(
    ("home", "abroad", "left"),
    [
        ({"No. BPOM": "MD 267009123456"}, {"No. BPOM": "ML 867009123456"}, {"No. BPOM": ""}),
        ({"BPOM": "NA18200100123"}, {"BPOM": "NC11200100123"}, {"BPOM": "NA"}),
        ({"No. AKD": "20501234567"}, {"No. AKL": "20509876543"}, {"No. Kemenkes": ""}),
        ({"Nomor Registrasi": "267009123456"}, {"Nomor Registrasi": "867009123456"}, {"Nomor Registrasi": ""}),
    ],
)
def test_attributes_keep_the_word_of_a_registration(
    home: dict[str, str], abroad: dict[str, str], left: dict[str, str]
) -> None:
    assert mask_attributes(home) == mask_attributes(abroad) == left
