"""What the owner of a labelled table is told of it."""

from __future__ import annotations

from umkm_classifier.listings.prepare import prepare
from umkm_classifier.listings.remarks import remarks


def told(*rows: dict[str, str]) -> list[str]:
    return remarks(prepare(list(rows))[0])


def test_a_table_with_shops_and_without_contradictions_has_no_remark() -> None:
    assert told({"title": "Kain", "shop_id": "s1", "label": "local"}, {"title": "Gelas"}) == []
    assert told() == []


def test_only_labelled_rows_that_can_be_scored_must_name_a_shop() -> None:
    rows = [
        {"title": "Kain", "shop_id": "s1", "label": "local"},
        {"title": "Gelas", "label": "imported"},
        {"title": "", "label": "imported"},
        {"title": "Payung"},
    ]
    assert told(*rows) == [
        "no_shop_id: 1 of 2 labelled listings name no shop; each counts as a shop of its own, so figures may look "
        "better than they are"
    ]


def test_texts_under_both_labels_are_counted_and_nothing_of_them_is_shown() -> None:
    rows = [
        {"title": title, "shop_id": "s1", "label": label, "id": f"{title} {label}"}
        for title in ("Rahasia", "Tersembunyi")
        for label in ("local", "imported")
    ]
    assert told(*rows) == [
        "labels_contradict: 2 texts stand in local and in imported listings, and one label is likely wrong; 'umkm "
        "check' names them"
    ]
