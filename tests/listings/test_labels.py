"""Labels that can be learned from, and those that cannot."""

from __future__ import annotations

import re

import pytest

from umkm_classifier.errors import LabelError
from umkm_classifier.listings.labels import check_labels, contradictions, merge_duplicates, read_label
from umkm_classifier.listings.prepare import prepare


def check(*labels: object) -> None:
    check_labels(*prepare([{"title": f"Kain {at}", "label": label} for at, label in enumerate(labels)]))


def test_two_classes_beside_rows_without_a_label_are_enough() -> None:
    check("local", None, "imported", "", float("nan"))


def test_fault_55_typos_are_counted_and_the_nearest_label_is_named() -> None:
    with pytest.raises(LabelError) as raised:
        check("local", "loakl", "imported", "loakl", "inported", "ya")
    assert str(raised.value) == (
        "label: expected 'local' or 'imported', found 'loakl' (2 rows, the first is row 1). Did you mean 'local'?\n"
        "label: expected 'local' or 'imported', found 'inported' (row 4). Did you mean 'imported'?\n"
        "label: expected 'local' or 'imported', found 'ya' (row 5).\n"
        "Correct these cells (rows are counted from 0), or empty them to leave their rows without a label."
    )
    assert raised.value.exit_code == 3


def test_fault_55_ten_unknown_labels_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(LabelError) as raised:
        check(*(f"x{number:02d}" for number in range(14)))
    lines = str(raised.value).split("\n")
    assert len(lines) == 12
    assert lines[9] == "label: expected 'local' or 'imported', found 'x09' (row 9)."
    assert lines[10] == "… and 4 more"


def test_fault_55_a_text_in_the_wrong_column_is_not_shown() -> None:
    with pytest.raises(LabelError) as raised:
        check("local", "imported", "Kain batik tulis dari Ibu Ayu di Laweyan, telepon 0812")
    assert "Ayu" not in str(raised.value)
    assert "found a text of 54 characters (row 2)" in str(raised.value)


def test_fault_56_labels_of_mixed_types_are_told_before_any_library_sees_them() -> None:
    with pytest.raises(LabelError) as raised:
        check("local", 1, True, 0.0, float("nan"), ["local"], b"local")
    assert str(raised.value) == (
        "label: expected 'local' or 'imported', found '0' (row 3).\n"
        "label: expected 'local' or 'imported', found '1' (row 1).\n"
        "label: expected 'local' or 'imported', found 'True' (row 2).\n"
        "label: expected 'local' or 'imported', found a bytes (row 6).\n"
        "label: expected 'local' or 'imported', found a list (row 5).\n"
        "Correct these cells (rows are counted from 0), or empty them to leave their rows without a label."
    )


@pytest.mark.parametrize("labels", [(), (None, None), ("", float("nan"))])
def test_fault_56_no_label_at_all_is_refused(labels: tuple[object, ...]) -> None:
    with pytest.raises(LabelError) as raised:
        check(*labels)
    assert str(raised.value) == (
        f"label: expected 'local' or 'imported', found no label in {len(labels)} rows. "
        "Fill the column 'label', or map another column to it."
    )


def test_fault_56_labels_on_rows_without_content_do_not_count() -> None:
    table = prepare([{"title": "", "label": "local"}, {"title": None, "label": "imported"}, {"title": "Kain"}])
    with pytest.raises(
        LabelError, match=re.escape("found no label in 3 rows (2 labelled rows hold no text and no photo).")
    ):
        check_labels(*table)


def test_fault_57_one_class_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(LabelError) as raised:
        check("local", "lokal", None)
    assert str(raised.value) == (
        "label: rows of both classes expected, found 2 'local' and 0 'imported' (1 without a label). "
        "Add rows that are 'imported': one class alone cannot be learned."
    )
    with pytest.raises(LabelError, match=r"found 1 'imported' and 0 'local' \(0 without a label\)\."):
        check("impor")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("local", ("local", "")),
        ("LOKAL.", ("local", "")),
        ("lo\u200bkal", ("local", "")),
        ("Produk Lokal", ("local", "")),
        ("import", ("imported", "")),
        ("imported-resale", ("imported", "")),
        ("", ("", "")),
        (None, ("", "")),
        ("lokal/impor", ("", "'lokal/impor'")),
        (0, ("", "'0'")),
        (["x"], ("", "a list")),
    ],
)
def test_labels_are_read_with_their_aliases(value: object, read: tuple[str, str]) -> None:
    assert read_label(value) == read


def row(listing_id: str, label: str | None, title: str = "Kain batik", **cells: object) -> dict[str, object]:
    return {"id": listing_id, "title": title, "label": label, **cells}


def test_fault_51_training_keeps_the_first_of_identical_rows() -> None:
    listings, _ = prepare(
        [row("a", "local"), row("b", "imported"), row("a", "local"), row("c", "local"), row("a", "local")]
    )
    merged = merge_duplicates(listings)
    assert merged.column("id").tolist() == ["a", "b", "c"]
    assert merged.column("label").tolist() == ["local", "imported", "local"]


def test_fault_51_of_identical_rows_the_labelled_one_is_kept() -> None:
    listings, _ = prepare([row("a", None), row("b", "imported"), row("a", "local")])
    merged = merge_duplicates(listings)
    assert merged.column("id").tolist() == ["b", "a"]
    assert merged.column("label").tolist() == ["imported", "local"]


def test_fault_51_rows_of_one_id_that_differ_all_stay() -> None:
    listings, _ = prepare([row("a", "local"), row("a", "local", "Tas kulit"), row("a", "local", price="25rb")])
    assert len(merge_duplicates(listings)) == 3


def test_fault_51_a_table_without_duplicates_is_returned_as_it_is() -> None:
    listings, _ = prepare([row("a", "local"), row("b", "local")])
    assert merge_duplicates(listings) is listings


def test_fault_51_conflicting_labels_of_one_id_are_reported_together() -> None:
    listings, _ = prepare(
        [row("a", "local"), row("b", "local"), row("a", "imported"), row("b", "imported"), row("c", "local")]
    )
    with pytest.raises(LabelError) as raised:
        merge_duplicates(listings)
    assert str(raised.value) == (
        "id 'a': one label expected, found 'local' in row 0, 'imported' in row 2.\n"
        "id 'b': one label expected, found 'local' in row 1, 'imported' in row 3.\n"
        "Decide on one label for each id (rows are counted from 0), or give different listings different ids."
    )


def contradicting(*rows: tuple[str, str, str]) -> list[tuple[str, ...]]:
    """Contradictions among rows of title, description and label, with letters for ids."""
    named = zip("abcdefgh", rows, strict=False)
    return contradictions(
        prepare([{"id": at, "title": row[0], "description": row[1], "label": row[2]} for at, row in named])[0]
    )


def test_texts_that_stand_under_both_labels_are_found_in_the_order_of_the_table() -> None:
    assert contradicting(
        ("Kain", "halus", "local"), ("Gelas", "", "imported"), ("KAIN", "Halus", "imported"), ("gelas", "", "local"),
        ("Kain", "halus", "local"),
    ) == [("a", "c", "e"), ("b", "d")]  # fmt: skip


def test_claims_of_origin_make_no_text_another() -> None:
    assert contradicting(("Kain batik", "", "local"), ("Kain batik produk lokal", "", "imported")) == [("a", "b")]


def test_other_texts_one_label_and_rows_that_say_nothing_do_not_contradict() -> None:
    assert contradicting(("Kain", "halus", "local"), ("Kain", "kasar", "imported")) == []
    assert contradicting(("Kain", "", "local"), ("Kain", "", "local"), ("Kain", "", "")) == []
    assert contradicting(("", "", "local"), ("", "", "imported")) == []
