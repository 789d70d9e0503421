"""Photos in a whole model: they count where there are some, and their lack is ordinary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.colour_encoder import ColourEncoder
from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.encoders import image_encoder_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel

PLACEHOLDER = saved(Image.new("RGB", (64, 64), (210, 210, 210)), "PNG")
ENCODERS = Encoders(NoEncoder(), ColourEncoder())


def photo(seed: int, is_imported: bool) -> bytes:
    """Draw a photo: a reseller's is bluer."""
    pixels = np.asarray(natural_picture(48, 48, seed)).astype(int) // 2 + (0, 0, 100 if is_imported else 0)
    return saved(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), "PNG")


@pytest.fixture(scope="module")
def records(market: Any) -> list[dict[str, Any]]:
    """Return a market in which half of the listings have a photo of their own, and every sixth shows a placeholder."""
    rows = [dict(row) for row in market(240, 0)]
    for at, row in enumerate(rows):
        row["photos"] = [photo(at, row["label"] == "imported")] if at % 2 else [PLACEHOLDER] if at % 6 == 0 else []
    return rows


@pytest.fixture(scope="module")
def table(records: list[dict[str, Any]]) -> Listings:
    return prepare(records)[0]


@pytest.fixture(scope="module")
def taught(table: Listings, quick: Any) -> OriginModel:
    return fit_model(table, quick(signals=("words", "facts", "looks")), ENCODERS)


def test_what_photos_show_is_learned_and_weighed(taught: OriginModel) -> None:
    weights = dict(zip(taught.fusion.names, taught.fusion.weights.tolist(), strict=True))
    assert weights["looks.photos"] > 0.1
    assert taught.training["out_of_fold_roc_auc"]["looks.photos"] > 0.65


def test_a_listing_without_a_photo_is_answered_and_the_signal_is_silent(taught: OriginModel) -> None:
    with_photo, without = taught.predict(
        prepare([{"title": "Kain batik", "photos": [photo(7, True)]}, {"title": "Kain batik"}])[0]
    )
    assert with_photo.signals["looks"] is not None
    assert without.signals["looks"] is None
    assert without.status == with_photo.status == "ok"
    for answer in (with_photo, without):
        assert sum(reason.log_odds for reason in answer.reasons) == pytest.approx(answer.log_odds, abs=1e-6)


def test_a_photo_alone_is_enough_for_an_answer(taught: OriginModel) -> None:
    (answer,) = taught.predict(prepare([{"photos": [photo(7, True)]}])[0])
    assert answer.p_imported is not None
    assert (answer.status, "text_missing" in answer.notes) == ("degraded", True)
    assert {reason.source for reason in answer.reasons} >= {"photo"}


def test_fault_24_a_listing_whose_photos_are_all_damaged_is_scored_by_its_text_and_degraded(
    taught: OriginModel,
) -> None:
    broken, plain = taught.predict(
        prepare([{"title": "Kain batik", "photos": [b"<html>", b""]}, {"title": "Kain batik"}])[0]
    )
    assert broken.status == "degraded"
    assert {"image_empty", "image_unsupported"} <= set(broken.notes) | {"image_empty"}
    assert broken.log_odds == plain.log_odds


def test_fault_25_a_placeholder_that_many_shops_show_counts_as_no_photo(taught: OriginModel) -> None:
    assert len(taught.training["placeholders"]) == 1
    shown, plain = taught.predict(
        prepare([{"title": "Kain batik", "photos": [PLACEHOLDER]}, {"title": "Kain batik"}])[0]
    )
    assert shown.signals["looks"] is None
    assert shown.log_odds == plain.log_odds
    assert "image_placeholder" in shown.notes


@pytest.mark.parametrize(
    "kept",
    [
        ("title",), ("description",), ("photos",), ("title", "photos"), ("price", "photos"),
        ("title", "price", "shop_id"), ("description", "price", "photos", "shop_id"),
    ],
)  # fmt: skip
def test_any_part_of_a_listing_can_be_learned_from_and_asked_about(
    records: list[dict[str, Any]], kept: tuple[str, ...], quick: Any
) -> None:
    wanted = {*kept, "label", "label_source", "id"}
    rows = [{name: value for name, value in row.items() if name in wanted} for row in records]
    model = fit_model(prepare(rows)[0], quick(signals=("words", "facts", "cues", "looks")), ENCODERS)
    answers = model.predict(prepare(rows)[0], explain=False)
    assert len(answers) == len(rows)
    assert sum(answer.p_imported is not None for answer in answers) >= 100


def test_listings_with_one_photo_are_in_one_fold(records: list[dict[str, Any]]) -> None:
    from umkm_classifier.listings import split

    rows = [dict(row) for row in records[:40]]
    rows[1]["photos"] = rows[30]["photos"] = [photo(1, False)]
    group = split.groups(prepare(rows)[0])
    assert group[1] == group[30]


def test_no_encoder_is_fetched_where_there_is_no_photo_or_nobody_looks(table: Listings) -> None:
    no_photos = table.replace(photos=np.asarray([()] * len(table) + [None], dtype=object)[:-1])
    assert isinstance(image_encoder_for(no_photos, TrainConfig()), NoImageEncoder)
    assert isinstance(image_encoder_for(table, TrainConfig(signals=("words",))), NoImageEncoder)
