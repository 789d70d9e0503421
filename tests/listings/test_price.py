"""Prices as sellers type them."""

from __future__ import annotations

import math
import time
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umkm_classifier.listings.price import parse_price

AMBIGUOUS = ("price_ambiguous",)
RANGE = ("price_range",)


@pytest.mark.parametrize(
    ("text", "price_idr", "codes"),
    [
        ("Rp1.250.000", 1_250_000, ()),
        ("Rp 1.250.000,00", 1_250_000, ()),
        ("25rb", 25_000, ()),
        ("25 ribu", 25_000, ()),
        ("25k", 25_000, ()),
        ("IDR 25K", 25_000, ()),
        ("1,2jt", 1_200_000, ()),
        ("1.2jt", 1_200_000, ()),
        ("1,2 juta", 1_200_000, ()),
        ("1.250", 1_250, AMBIGUOUS),
        ("1250.5", 1_250.5, ()),
        ("12,500", 12_500, AMBIGUOUS),
        ("Rp25.000 - Rp30.000", 25_000, RANGE),
        ("", None, ()),
        ("gratis", None, ()),
        ("hubungi penjual", None, ()),
        ("-5000", None, ("price_negative",)),
        ("1e9", None, ("price_unreadable",)),
        ("1000000000001", None, ("price_out_of_range",)),
        ("Rp\u00a01.250.000", 1_250_000, ()),
        ("٢٥٠٠٠", 25_000, ()),
        ("9" * 5_000, None, ("price_out_of_range",)),
    ],
)
def test_fault_52_every_price_of_the_table_reads_as_it_should(
    text: str, price_idr: float | None, codes: tuple[str, ...]
) -> None:
    assert parse_price(text) == (price_idr, codes)


@pytest.mark.parametrize(
    "text", ["999.999.999.999.999", "Rp999.999.999.999.999", "2000000 juta", "9" * 150, "0,5", 1e13]
)
def test_fault_53_a_price_no_good_has_is_left_out(text: object) -> None:
    assert parse_price(text) == (None, ("price_out_of_range",))


@pytest.mark.parametrize(
    ("text", "price_idr", "codes"),
    [
        # Currency around it
        ("Rp.45.000", 45_000, ()),
        ("rp45000", 45_000, ()),
        ("IDR45000", 45_000, ()),
        ("45.000 rupiah", 45_000, ()),
        ("Rp25.000,-", 25_000, ()),
        ("25.000,-", 25_000, ()),
        ("Rp 25.000,--", 25_000, ()),
        ("Rp 12,500", 12_500, ()),
        ("Harga Rp45.000", 45_000, ()),
        ("Rp45.000/kg", 45_000, ()),
        ("3 pcs Rp25.000", 25_000, ()),
        ("Rp1.250.000 (nego)", 1_250_000, ()),
        ("diskon 20% Rp80.000", 80_000, ()),
        ("Rp 45.000,00/pcs isi 3", 45_000, ()),
        # Units
        ("45rban", 45_000, ()),
        ("Rp 45rb-an", 45_000, ()),
        ("mulai 25rb", 25_000, ()),
        ("1jt250rb", 1_250_000, ()),
        ("1 juta 250 ribu", 1_250_000, ()),
        ("1jt250", 1_250_000, ()),
        ("1.5 miliar", 1.5e9, ()),
        ("1.1jt", 1_100_000, ()),
        ("25.000rb", 25_000, AMBIGUOUS),
        ("1.250rb", 1_250_000, AMBIGUOUS),
        ("1,2m", 1.2e9, AMBIGUOUS),
        # Signs for thousands and decimals
        ("1,250,000", 1_250_000, ()),
        ("1,250,000.00", 1_250_000, ()),
        ("1 250 000", 1_250_000, ()),
        ("1'250'000", 1_250_000, ()),
        ("1250,50", 1_250.5, ()),
        ("459900.0", 459_900, ()),
        ("25000", 25_000, ()),
        ("00025000", 25_000, ()),
        ("25.000", 25_000, AMBIGUOUS),
        ("９９,０００", 99_000, AMBIGUOUS),
        ("٢٥٬٠٠٠", 25_000, ()),
        # Ranges
        ("25-30rb", 25_000, RANGE),
        ("1-2jt", 1_000_000, RANGE),
        ("100rb-1jt", 100_000, RANGE),
        ("25000–30000", 25_000, RANGE),
        ("Rp 25rb s/d 30rb", 25_000, RANGE),
        ("Rp30.000 sampai Rp25.000", 25_000, RANGE),
        ("25.000 - 30.000", 25_000, ("price_ambiguous", "price_range")),
        ("Rp50.000 Rp35.000", 35_000, AMBIGUOUS),
        # Largest and smallest
        ("1000000000000", 1e12, ()),
        ("1", 1, ()),
    ],
)
def test_prices_as_sellers_type_them(text: str, price_idr: float, codes: tuple[str, ...]) -> None:
    assert parse_price(text) == (price_idr, codes)


@pytest.mark.parametrize(
    "value",
    [
        None,
        float("nan"),
        np.float64("nan"),
        Decimal("NaN"),
        Decimal("sNaN"),
        "   ",
        "\u200b",
        "0",
        "Rp0",
        0,
        "GRATIS!",
        "free",
        "Hubungi Penjual",
        "call",
        "nego",
        "chat dulu",
        "-",
        "?",
        "N/A",
        "NA",
        "null",
        "None",
        "nan",
        "Rp -",
    ],
)
def test_no_price_is_no_fault(value: object) -> None:
    assert parse_price(value) == (None, ())


@pytest.mark.parametrize("value", ["-5000", "Rp -5.000", "-Rp5.000", "−5000", "- 5000", -1, -2.5, float("-inf")])
def test_a_negative_price_is_left_out(value: object) -> None:
    assert parse_price(value) == (None, ("price_negative",))


@pytest.mark.parametrize(
    "value",
    [
        "1.25E+06",
        "1e5000",
        "$25",
        "US$ 10",
        "25 USD",
        "RM 25",
        "¥100",
        "2025-01-31",
        "12/05/2025",
        "50%",
        "1.250.00",
        "1.2.3",
        "081234567890",
        "dua puluh ribu",
        "100.000 200.000",
        "x" * 300,
        True,
        b"25000",
        ["25000"],
        {"harga": 1},
        object(),
    ],
)
def test_what_cannot_be_trusted_is_left_out(value: object) -> None:
    assert parse_price(value) == (None, ("price_unreadable",))


@pytest.mark.parametrize("value", [1250.5, np.float32(1250.5), np.float64(1250.5), Decimal("1250.50")])
def test_numbers_are_taken_as_they_are(value: object) -> None:
    price_idr, codes = parse_price(value)
    assert (price_idr, codes) == (1250.5, ())
    assert type(price_idr) is float


def test_fault_52_an_integer_of_5000_digits_does_not_raise() -> None:
    assert parse_price(10**5_000) == (None, ("price_out_of_range",))
    assert parse_price(-(10**5_000)) == (None, ("price_negative",))


def test_integers_of_numpy_are_numbers() -> None:
    assert parse_price(np.int64(25_000)) == (25_000.0, ())


@settings(deadline=None)
@given(st.integers(1, 10**12))
def test_a_price_written_the_indonesian_way_is_read_back(price_idr: int) -> None:
    assert parse_price("Rp" + f"{price_idr:,}".replace(",", ".")) == (float(price_idr), ())


@settings(deadline=None)
@given(st.floats(1, 1e12))
def test_a_price_that_was_read_is_read_again_alike(price_idr: float) -> None:
    assert parse_price(price_idr) == (price_idr, ())


@settings(deadline=None)
@given(
    st.text()
    | st.text("0123456789.,-rpRPjtkb %e٣", max_size=40)
    | st.floats()
    | st.integers()
    | st.none()
    | st.binary()
)
def test_no_cell_raises_and_every_price_is_in_range(value: object) -> None:
    price_idr, codes = parse_price(value)
    assert price_idr is None or (math.isfinite(price_idr) and 1 <= price_idr <= 1e12)
    assert isinstance(codes, tuple)


@pytest.mark.parametrize("piece", ["1", "1.", "1 ", "1 000", "rp", "-", "1-", "hub ", "25rb ", "٢"])
def test_fault_35_no_price_takes_long(piece: str) -> None:
    started = time.process_time()
    for length in (190, 100_000):
        parse_price(piece * (length // len(piece)))
    assert time.process_time() - started < 1
