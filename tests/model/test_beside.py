"""What an index of photos adds to answers, and what it never does."""

from __future__ import annotations

import functools
import hashlib
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.colour_encoder import ColourEncoder
from tests.model.test_origin import Stub, stubbed
from tests.small_models import fitted, small_config
from umkm_classifier.listings.photo import open_photo
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.beside import with_reuse
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.signals.reuse.fingerprint import fingerprint
from umkm_classifier.signals.reuse.index import PhotoIndex, Showing, empty_index
from umkm_classifier.signals.reuse.view import MOST, ReuseView
from umkm_classifier.simulate.textures import any_cloth


@functools.cache
def photo(seed: int = 1) -> bytes:
    content = io.BytesIO()
    any_cloth(np.random.default_rng(seed), (300, 300)).save(content, "PNG")
    return content.getvalue()


@functools.cache
def in_shops(n: int) -> PhotoIndex:
    content, pixels = hashlib.sha256(photo()).hexdigest(), open_photo(photo(), at_least=512).pixels
    one = fingerprint(pixels, ColourEncoder().encode([pixels])[0])
    return empty_index().with_more([(content, one)], [(content, Showing(f"S{at}", f"l{at}", "")) for at in range(n)])


def model() -> OriginModel:
    return fitted(small_config(signals=("words", "facts")))


def answers(n_shops: int, *rows: dict[str, Any], explain: bool = True) -> list[tuple[Prediction, Prediction]]:
    """Answer without an index and with one."""
    table = prepare([{"shop_id": "mine", "photos": [photo()], **row} for row in rows])[0]
    plain = model().predict(table, explain=explain)
    view = ReuseView(in_shops(n_shops), ColourEncoder(), "v1-abc")
    return list(zip(plain, with_reuse(model(), view, table, plain), strict=True))


TITLES = [{"title": title} for title in ("Kain batik tulis", "Case HP import", "Sajadah turki tebal", "Tas rotan")]


def test_it_raises_the_score_by_what_it_says_and_names_the_index() -> None:
    for plain, found in answers(7, *TITLES):
        assert found.log_odds is not None
        assert plain.log_odds is not None
        assert found.log_odds == pytest.approx(plain.log_odds + MOST)
        assert found.p_imported is not None
        assert plain.p_imported is not None
        assert found.p_imported > plain.p_imported
        assert found.signals["reuse"] == MOST
        assert (plain.photo_index, found.photo_index) == (None, "v1-abc")


def test_reasons_still_add_up_to_the_fused_log_odds() -> None:
    for _, found in answers(3, *TITLES):
        assert sum(reason.log_odds for reason in found.reasons) == pytest.approx(found.log_odds, abs=1e-6)
        said = [reason for reason in found.reasons if reason.signal == "reuse"]
        assert [(one.source, one.evidence) for one in said] == [
            ("photo", "photo 1 also in 3 other shops (S0, S1, S2)"),
        ]


def test_it_never_makes_a_listing_imported_nor_local() -> None:
    for n_shops in (1, 7, 100):
        for plain, found in answers(n_shops, *TITLES):
            assert found.decision in (plain.decision, "review")


def test_it_takes_back_that_a_listing_is_local_where_the_score_no_longer_says_so() -> None:
    """The photo's say counts without what the text says for the seller, and in what speaks beside the text."""
    table = prepare([{"title": f"Kain batik {at}", "shop_id": "mine", "photos": [photo()]} for at in range(9)])[0]
    view = ReuseView(in_shops(7), ColourEncoder(), "v1-abc")
    for others, decision in ((-9.0, "local"), (-1.0, "review")):
        told = {str(title): others for title in table.column("title")}
        place = stubbed(Stub("facts.brand", told, "price and place"), intercept=-3.0)
        plain = place.predict(table)
        assert {answer.decision for answer in plain} == {"local"}
        assert {answer.decision for answer in with_reuse(place, view, table, plain)} == {decision}


def test_where_no_other_shop_shows_the_photos_only_the_index_is_named() -> None:
    for plain, found in answers(0, *TITLES):
        assert found.signals["reuse"] is None
        assert (found.log_odds, found.p_imported, found.decision) == (plain.log_odds, plain.p_imported, plain.decision)


def test_a_rejected_listing_stays_as_it_was() -> None:
    ((plain, found),) = answers(7, {"title": ""})
    assert found.status == plain.status == "rejected"
    assert (found.p_imported, found.reasons, found.photo_index) == (None, (), "v1-abc")


def test_without_reasons_none_are_added() -> None:
    assert all(found.reasons == () for _, found in answers(7, *TITLES, explain=False))


def test_a_picture_of_one_colour_says_nothing() -> None:
    content = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(content, "PNG")
    ((plain, found),) = answers(7, {"title": "Kain batik", "photos": [content.getvalue()]})
    assert found.log_odds == plain.log_odds
