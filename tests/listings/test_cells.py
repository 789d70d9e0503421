"""Cells that hold specifications or photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from umkm_classifier.listings.prepare import prepare


@pytest.mark.parametrize(
    ("value", "attributes"),
    [
        ('{"Bahan": "Katun", "Warna": ["Merah", "Biru"]}', {"Bahan": "Katun", "Warna": "Merah, Biru"}),
        (
            {"Berat": 0.5, "Isi": 12, "Halal": True, "Kosong": None, "": "x"},
            {"Berat": "0.5", "Isi": "12", "Halal": "True"},
        ),
        ([("Bahan", "Katun"), ("Bahan", "Sutra")], {"Bahan": "Katun"}),
        ({"Bahan": "<b>Katun</b>\nhalus"}, {"Bahan": "Katun halus"}),
        ({"Ba\u200bhan": "Katun"}, {"Bahan": "Katun"}),
        ("", {}),
        (None, {}),
        (float("nan"), {}),
        ("{}", {}),
        ({}, {}),
        ("null", {}),
    ],
)
def test_attributes_are_read_from_json_mappings_and_pairs(value: object, attributes: dict[str, str]) -> None:
    assert prepare([{"title": "Kain", "attributes": value}])[0].column("attributes")[0] == attributes


@pytest.mark.parametrize(
    "value", ["[" * 100_000, '{"a": ' * 50_000, "1" * 5_000, '"kain"', "{'Bahan': 'Katun'}", '{"a": 1}' * 50_000]
)
def test_unreadable_attributes_never_raise(value: str) -> None:
    listings, _ = prepare([{"title": "Kain", "attributes": value}])
    assert listings.column("attributes")[0] == {}
    assert listings.notes[0] == ("attributes_unreadable",)


def test_attributes_without_end_are_cut() -> None:
    listings, _ = prepare([{"title": "Kain", "attributes": {f"kunci {n}": "nilai" for n in range(5_000)}}])
    assert len(listings.column("attributes")[0]) == 200
    assert listings.notes[0] == ("text_truncated",)


@pytest.mark.parametrize(
    ("value", "photos"),
    [
        ("a.jpg", ("a.jpg",)),
        ("a.jpg; b c.jpg ;;", ("a.jpg", "b c.jpg")),
        ('["a.jpg", "b.jpg", "", null]', ("a.jpg", "b.jpg")),
        (["a.jpg", Path("b.jpg"), b"\xff\xd8", "", None], ("a.jpg", Path("b.jpg"), b"\xff\xd8")),
        (b"\xff\xd8", (b"\xff\xd8",)),
        (Path("a.jpg"), (Path("a.jpg"),)),
        (bytearray(b"\xff"), (b"\xff",)),
        (np.array(["a.jpg", "b.jpg"]), ("a.jpg", "b.jpg")),
        ({"bytes": b"\xff", "path": "a.jpg"}, (b"\xff",)),
        ([{"bytes": None, "path": "a.jpg"}], ("a.jpg",)),
        ("https://x.id/a.jpg?b=1", ("https://x.id/a.jpg?b=1",)),
        ("data:image/png;base64,AAAA", ("data:image/png;base64,AAAA",)),
        ("", ()),
        (None, ()),
        (float("nan"), ()),
        ([], ()),
        ("[]", ()),
        ({"bytes": None, "path": None}, ()),
    ],
)
def test_photos_are_kept_as_they_are_and_not_opened(value: object, photos: tuple[object, ...]) -> None:
    listings, rejects = prepare([{"title": "Kain", "photos": value}])
    assert listings.column("photos")[0] == photos
    assert rejects == []
