"""Every code that a note can hold is explained in docs/codes.md, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FAMILIES = (
    "text",
    "price",
    "image",
    "attributes",
    "value",
    "photos",
    "declared",
    "admits",
    "label",
    "duplicate",
    "score",
    "no",
    "writing",
)
CODE = re.compile(rf'"((?:{"|".join(FAMILIES)}|malformed)_[a-z_]+)"')
# Names that look like codes and are columns, settings or figures.
NO_CODES = {
    "price_idr", "label_source", "label_sources", "image_encoder", "image_encoder_hash", "image_mean", "image_std",
    "image_size", "image_b64", "label_is_wrong", "text_length", "text_encoder", "price_spread", "no_track",
    "photos_column", "declared_origin", "text_quality",
}  # fmt: skip


def codes_in_the_package() -> set[str]:
    files = [file for file in (ROOT / "umkm_classifier").rglob("*.py") if "simulate" not in file.parts]
    return {code for file in files for code in CODE.findall(file.read_text(encoding="utf-8"))} - NO_CODES


def codes_in_the_docs() -> set[str]:
    rows = [line for line in (ROOT / "docs" / "codes.md").read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    return {code for row in rows for code in re.findall(r"`([a-z_]+)`", row.split("|")[1])}


def test_every_code_is_explained() -> None:
    assert sorted(codes_in_the_package() - codes_in_the_docs()) == []


def test_no_code_is_explained_that_does_not_exist() -> None:
    assert sorted(codes_in_the_docs() - codes_in_the_package()) == []


def test_there_are_codes_to_explain() -> None:
    assert len(codes_in_the_package()) > 25
