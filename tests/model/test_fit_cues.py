"""Trade cues in a whole model: they rank goods of which no label exists, and keep their say beside other views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.hash_encoder import HashEncoder
from umkm_classifier.config import SIGNALS
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.cues_weight import FLOOR
from umkm_classifier.model.fit import fit_model, weight_of_cues
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.cues import CuesView

MAKER = {
    "title": "Kain batik parang soga",
    "description": "Dicanting dua minggu lalu dilorod dua kali. Warna tiap lembar tidak persis sama. PO 14 hari.",
}
TRADER = {
    "title": "Kain batik parang soga",
    "description": "Kain printing mesin, motif timbul 3D, satu rol 50 yard. Paket termasuk: 1 x kain. Ukuran Asia.",
}
PASTED = "dicanting, dilorod, malam, tiap lembar tidak persis sama, po 14 hari, tembus dua sisi"


@pytest.fixture(scope="module")
def no_batik(market: Any) -> Listings:
    table = market(300, 0)
    return table[np.flatnonzero(~np.isin(goods_of(table), ["batik_cloth", "batik_garment"]))]


@pytest.fixture(scope="module")
def taught(no_batik: Listings, quick: Any) -> OriginModel:
    return fit_model(no_batik, quick(signals=("words", "facts", "cues")), NoEncoder())


def test_listings_are_ranked_within_a_good_of_which_there_was_no_label(taught: OriginModel) -> None:
    assert "batik" not in taught.training["families"]
    maker, trader = taught.predict(prepare([MAKER, TRADER])[0])
    assert maker.signals["cues"] is not None
    assert trader.signals["cues"] is not None
    assert maker.signals["cues"] < -0.5
    assert trader.signals["cues"] > 0.5
    assert maker.p_imported is not None
    assert trader.p_imported is not None
    assert maker.p_imported + 0.2 < trader.p_imported
    assert maker.notes == trader.notes == ("no_guarantee_for_good",)


def test_the_reasons_name_the_cue_and_what_it_fired_on(taught: OriginModel) -> None:
    (maker,) = taught.predict(prepare([MAKER])[0])
    named = {reason.evidence for reason in maker.reasons if reason.signal == "cues"}
    assert "technique.wax_boiled_out: dilorod" in named


def test_the_cues_keep_at_least_half_a_weight_and_it_is_written_down(taught: OriginModel) -> None:
    weights = dict(zip(taught.fusion.names, taught.fusion.weights.tolist(), strict=True))
    assert weights[CuesView.name] >= FLOOR
    of_source = taught.training["cues_weight"]
    assert set(of_source) == set(taught.training["label_sources"])
    assert min(of_source.values()) >= FLOOR
    assert of_source[taught.fusion.source] == weights[CuesView.name]
    assert taught.training["best_view"] != CuesView.name


def test_cues_alone_make_a_model(no_batik: Listings, quick: Any) -> None:
    model = fit_model(no_batik, quick(signals=("cues",)), NoEncoder())
    assert model.fusion.names == (CuesView.name,)
    assert model.training["best_view"] == CuesView.name
    maker, trader = model.predict(prepare([MAKER, TRADER])[0])
    assert maker.p_imported < trader.p_imported  # type: ignore[operator]


def test_a_model_adapted_from_one_with_cues_does_not_count_them_twice(
    taught: OriginModel, market: Any, quick: Any
) -> None:
    adapted = fit_model(market(150, 7), quick(signals=("words", "cues")), NoEncoder(), taught)
    assert adapted.fusion.names[:2] == ("base.model", "words.text")
    of_base = weight_of_cues(taught)
    assert of_base > 0.0
    own = dict(zip(adapted.fusion.names, adapted.fusion.weights.tolist(), strict=True))
    assert own[CuesView.name] >= max(FLOOR - of_base, 0.0)
    total = adapted.calibration.slope * (own[CuesView.name] + own["base.model"] * of_base)
    assert weight_of_cues(adapted) == pytest.approx(total)


def test_pasted_words_of_a_maker_make_no_listing_local(market: Any, quick: Any) -> None:
    model = fit_model(market(300, 0), quick(signals=SIGNALS, text_encoder="none"), HashEncoder())
    records = [row for row in market(300, 3) if row["label"] == "imported"]
    before = model.predict(prepare(records)[0])
    pasted = [{**row, "description": f"{row['description'] or ''} {PASTED}"} for row in records]
    after = model.predict(prepare(pasted)[0])
    spoken = model.spoken(prepare(pasted)[0])
    assert len(records) > 60
    for was, now, cheap in zip(before, after, spoken, strict=True):
        assert cheap <= 0.0
        if now.decision == "local":  # then not by what was pasted
            x = model.calibration.slope * (now.log_odds - cheap) + model.calibration.offset  # type: ignore[operator]
            assert x < 0.0
        assert was.p_imported is not None
