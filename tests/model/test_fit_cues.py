"""Trade cues in a whole model: they rank goods of which no label exists, and keep their say beside other views."""

from __future__ import annotations

import dataclasses
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
from umkm_classifier.model.fit import fit_model, weights_in
from umkm_classifier.model.origin import BaseView, OriginModel
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


def with_more(model: OriginModel, more: float) -> OriginModel:
    """Return the model with every cue's score raised, in its base as well."""

    class Raised:
        def __init__(self, view: CuesView) -> None:
            self.name, self.view = view.name, view

        def __getattr__(self, name: str) -> Any:
            return getattr(self.view, name)

        def log_odds(self, listings: Listings) -> Any:
            return np.nan_to_num(self.view.log_odds(listings)) + more

    views: list[Any] = [
        Raised(view)
        if isinstance(view, CuesView)
        else BaseView(with_more(view.model, more))
        if isinstance(view, BaseView)
        else view
        for view in model.views
    ]
    return dataclasses.replace(model, views=views)


def test_a_model_adapted_from_one_with_cues_counts_them_once(taught: OriginModel, market: Any, quick: Any) -> None:
    adapted = fit_model(market(150, 7), quick(signals=("words", "cues")), NoEncoder(), taught)
    again = fit_model(market(150, 8), quick(signals=("words", "cues")), NoEncoder(), adapted)
    listings = prepare([MAKER, {"title": "Baju koko"}, {"title": "Tas kanvas"}])[0]
    for model in (adapted, again):
        plain, raised = with_more(model, 0.0), with_more(model, 1.0)
        moved = raised.fused(listings, raised.columns(listings)) - plain.fused(listings, plain.columns(listings))
        labelled, elsewhere = weights_in(model, CuesView)
        assert set(np.round(moved, 9)) <= {round(labelled, 9), round(elsewhere, 9)}
        assert FLOOR - 1e-9 <= labelled <= 2.0
        assert elsewhere >= 1.0 - 1e-9


@pytest.mark.parametrize("words", ["cues of makers", "words of makers"])
def test_what_text_says_for_a_seller_makes_no_listing_local(words: str, market: Any, quick: Any) -> None:
    model = fit_model(market(300, 0), quick(signals=SIGNALS, text_encoder="none"), HashEncoder())
    records = [row for row in market(300, 3) if row["label"] == "imported"]
    makers = [row["description"] for row in market(300, 3) if row["label"] == "local" and row["description"]]
    tail = PASTED if words == "cues of makers" else " ".join(makers[:6])
    pasted = [{**row, "description": f"{row['description'] or ''} {tail}"} for row in records]
    was, now = (model.predict(prepare(rows)[0], explain=False) for rows in (records, pasted))
    lowered = [b.p_imported < a.p_imported for a, b in zip(was, now, strict=True)]  # type: ignore[operator]
    both = list(zip(was, now, strict=True))
    became = [a.id for a, b in both if (a.p_imported or 0.0) >= 0.5 and b.decision == "local"]
    assert sum(lowered) > 40
    assert sum((answer.p_imported or 0.0) >= 0.5 for answer in was) > 30
    pasted_rows = prepare(pasted)[0]
    columns = model.columns(pasted_rows)
    others = model.fused(pasted_rows, columns) - model.fusion.intercept - model.of_text(pasted_rows, columns)[:, 1]
    assert all(others[at] < 0.0 for at, answer in enumerate(now) if answer.decision == "local")  # not by text alone
    likelier = sum((b.p_imported or 1.0) < 0.5 <= (a.p_imported or 0.0) for a, b in both)
    assert len(became) <= 0.5 * likelier
