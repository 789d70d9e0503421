"""Signal ``cues``: named evidence that adds up, is worth little when it is cheap, and hears no claim."""

from __future__ import annotations

import math
import pickle
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals import cues
from umkm_classifier.signals.cues import CuesView, untrained_cues
from umkm_classifier.signals.cues_catalogue import Catalogue, catalogue, read_catalogue
from umkm_classifier.signals.cues_score import MOST_FOR_LOCAL
from umkm_classifier.signals.signal import Evidence, State, View

EXAMPLES = tomllib.loads((Path(__file__).parents[1] / "data" / "cue_examples.toml").read_text(encoding="utf-8"))
VIEW = untrained_cues()


def table(*rows: dict[str, Any]) -> Listings:
    return prepare(list(rows))[0]


def score(title: str, description: str = "", **fields: Any) -> float:
    return float(VIEW.log_odds(table({"title": title, "description": description, **fields}))[0])


def small(*entries: str) -> Catalogue:
    """Return a catalogue of cues ``id prior word``, for all goods."""
    text = "[groups]\n[shorthand]\n"
    for entry in entries:
        name, prior, word = entry.split()
        text += (
            f'[[cue]]\nid = "{name}"\nprior = {prior}\npatterns = ["{word}"]\nwhy = "w"\nsay = {{id = "i", en = "e"}}\n'
        )
    return read_catalogue(text)


def of(known: Catalogue) -> CuesView:
    return CuesView(known, np.asarray([cue.prior for cue in known.cues]))


def test_it_is_a_view_and_says_which() -> None:
    view: View = VIEW
    assert view.name == "cues.trade"


def test_the_evidence_adds_up_to_the_log_odds_and_is_missing_where_they_are() -> None:
    listings = table(
        *EXAMPLES.values(),
        {"title": "Kain batik", "description": ". ".join(row.get("description", "") for row in EXAMPLES.values())},
        {"title": "Sajadah", "description": ". ".join(row.get("description", "") for row in EXAMPLES.values())},
        {},
    )
    log_odds = VIEW.log_odds(listings)
    for value, evidence in zip(log_odds, VIEW.explain(listings), strict=True):
        assert bool(evidence) == bool(np.isfinite(value))
        if evidence:
            assert sum(one.log_odds for one in evidence) == pytest.approx(value, abs=1e-9)


def test_evidence_names_the_cue_the_words_and_the_source() -> None:
    (evidence,) = VIEW.explain(
        table({"title": "Kain batik tulis", "description": "Sudah DILOROD", "price": 45_000, "shop_city": "Solo"})
    )
    assert {(one.source, one.what) for one in evidence} == {
        ("text", "technique.wax_boiled_out: dilorod"),
        ("text", "technique.drawn: batik tulis"),
        ("price and place", "price.drawn_far_below: Rp45.000"),
        ("price and place", "place.batik: Kota Surakarta"),
    }


def test_each_cue_has_a_sentence_for_people() -> None:
    (evidence,) = VIEW.explain(table({"title": "Tasbih", "description": "kayu bubut"}))
    lathe = next(one for one in evidence if one.what.startswith("technique.lathe"))
    assert VIEW.say(lathe, "id") == "Disebut bubut, membentuk kayu di mesin putar."
    assert VIEW.say(lathe, "en") == "It tells of turning the wood on a lathe."
    with pytest.raises(KeyError):
        VIEW.say(Evidence("text", "title", 0.1), "id")


@pytest.mark.parametrize(
    "listing",
    [
        {},
        {"title": "Kain batik"},
        {"title": "Baju koko", "description": "harga grosir, isi 12, supplier, halal"},
        {"title": "Sajadah", "price": 60_000, "shop_city": "Kota Bekasi"},
        {"title": "Kain batik", "description": "bagus sekali", "photos": [], "brand": ""},
    ],
)
def test_it_is_silent_where_no_cue_with_a_weight_fires(listing: dict[str, Any]) -> None:
    assert np.isnan(VIEW.log_odds(table(listing))[0])
    assert VIEW.explain(table(listing)) == [[]]


def test_of_a_family_and_direction_the_second_counts_half_and_the_others_a_quarter() -> None:
    view = of(small("trade.a 1.0 aa", "trade.b 0.5 bb", "trade.c 0.5 cc", "trade.d 0.5 dd", "material.e 1.0 ee"))
    values = view.log_odds(table({"title": "bb"}, {"title": "bb aa"}, {"title": "bb dd aa cc"}, {"title": "ee aa"}))
    assert values.tolist() == [0.5, 1.25, 1.0 + 0.25 + 0.125 + 0.125, 2.0]


def test_both_directions_of_a_family_count_apart() -> None:
    view = of(small("material.a 1.0 aa", "material.b -0.5 bb"))
    for_local = MOST_FOR_LOCAL * math.tanh(-0.5 / 2.5)
    assert view.log_odds(table({"title": "bb"}))[0] == pytest.approx(for_local)
    assert view.log_odds(table({"title": "aa bb"}))[0] == pytest.approx(1.0 + for_local * math.exp(-1.0))


def test_the_more_speaks_against_a_seller_the_less_his_words_are_worth() -> None:
    view = of(small("material.a -1.0 aa", "trade.b 0.5 bb", "translated.c 1.5 cc", "size.d 1.0 dd"))
    alone = MOST_FOR_LOCAL * math.tanh(-1.0 / 2.5)
    for words, against in (("aa", 0.0), ("aa bb", 0.5), ("aa cc", 1.5), ("aa bb cc dd", 3.0)):
        assert view.log_odds(table({"title": words}))[0] == pytest.approx(against + alone * math.exp(-against))


def test_words_for_the_seller_come_near_a_cap_and_never_reach_it_however_many() -> None:
    families = ("making", "order", "uneven", "material", "trade", "size", "technique")
    view = of(small(*(f"{family}.a -1.5 w{'x' * at}" for at, family in enumerate(families))))
    texts = [" ".join(f"w{'x' * at}" for at in range(n)) for n in range(1, len(families) + 1)]
    values = view.log_odds(table(*({"title": text} for text in texts)))
    assert (np.diff(values) < 0.0).all()
    assert values[0] == pytest.approx(-2.5 * math.tanh(1.5 / 2.5))
    assert values[-1] > -MOST_FOR_LOCAL


def test_words_against_the_seller_and_places_have_no_cap() -> None:
    view = of(small("trade.a 3.0 aa", "material.b 3.0 bb"))
    assert view.log_odds(table({"title": "aa bb"}))[0] == 6.0
    local = 'prior = -3.0\nwhy = "w"\nsay = {id = "i", en = "e"}\n'
    place = read_catalogue(
        f'[groups]\n[shorthand]\n[[cue]]\nid = "place.a"\nplaces = ["Kota Surakarta"]\n{local}'
        f'[[cue]]\nid = "price.b"\nprice_idr = [1, 10]\n{local}'
    )
    assert of(place).log_odds(table({"title": "x", "shop_city": "Solo", "price": "5"}))[0] == -6.0


@pytest.mark.parametrize("title", ["Kain batik tulis", "Sajadah", "Tasbih kayu stigi", "Baju koko bordir"])
@pytest.mark.parametrize(
    "claim",
    [
        "produk lokal asli Solo",
        "handmade",
        "UMKM",
        "karya pengrajin Indonesia",
        "produksi sendiri",
        "bukan barang impor",
    ],
)
def test_a_claim_moves_no_score(title: str, claim: str) -> None:
    description = "dibuat 3 minggu, polyester, anti slip"
    plain = score(title, description)
    for changed in (
        score(f"{title} {claim}", description),
        score(title, f"{claim}. {description}"),
        score(title, f"{description}\n{claim}"),
    ):
        assert changed == plain


def test_a_claim_does_not_change_which_good_a_listing_is() -> None:
    assert score("Sajadah kerajinan tangan batok lokal", "microfiber") == score("Sajadah batok", "microfiber")


@pytest.mark.parametrize(
    ("shop_city", "ships_from", "expected"),
    [
        ("Kota Surakarta", "", -0.5),
        ("", "Dikirim dari Kab. Pekalongan", -0.5),
        ("Solo", "Kab. Bantul", -0.5),
        ("Solo", "Jakarta Utara", 0.5),
        ("Solo", "Kota Bekasi", np.nan),
        ("Kota Batam", "", 0.5),
        ("Kota Bekasi", "", np.nan),
        ("di mana-mana", "", np.nan),
    ],
)
def test_a_place_of_craft_is_all_that_is_named_and_one_place_of_entry_is_enough(
    shop_city: str, ships_from: str, expected: float
) -> None:
    value = score("Kain batik", shop_city=shop_city, ships_from=ships_from)
    assert value == expected or (np.isnan(value) and np.isnan(expected))


def test_places_count_only_where_they_fit_the_good_and_never_from_text() -> None:
    assert np.isnan(score("Lampu meja", shop_city="Solo"))
    assert np.isnan(score("Sambal bawang", shop_city="Jakarta Utara"))
    assert np.isnan(score("Kain batik", "Solo, Laweyan, Jakarta Utara"))


@pytest.mark.parametrize(
    ("title", "price", "expected"),
    [
        ("Tasbih", "Rp1.500", 1.0),
        ("Tasbih", "Rp2.500", 0.5),
        ("Tasbih", "Rp7.000", np.nan),
        ("Kain batik", "Rp19.000", 0.5),
        ("Selendang batik", "Rp19.000", np.nan),
        ("Gelas kaca", "Rp1.500", np.nan),
        ("Kemeja pria", "Rp9.000", np.nan),
    ],
)
def test_prices_count_against_the_floor_of_the_storys_goods_only(title: str, price: str, expected: float) -> None:
    value = score(title, price=price)
    assert value == expected or (np.isnan(value) and np.isnan(expected))


def test_a_price_that_would_pay_for_one_piece_does_not_for_a_dozen() -> None:
    one, dozen = ({"title": f"Tasbih {text}", "price": 60_000} for text in ("stigi", "stigi 1 lusin"))
    of_one, of_dozen = VIEW.explain(table(one, dozen))
    assert [row.what for row in of_one if "price" in row.what] == ["price.turned_beads_pay: Rp60.000"]
    assert [row.what for row in of_dozen if "price" in row.what] == []


MAKERS = [
    ("Kain batik tulis mori primis", "canting, pewarna alam, pengerjaan 1 bulan, tiap lembar beda"),
    ("Batik cap kombinasi colet", "warna naptol, awalnya luntur dikit, cuci pakai lerak"),
    ("Koko bordir icik", "jahit sesuai ukuran badan, po 10 hari, kancing batok"),
    ("Baju koko toyobo", "obras rapi, LD 112, bisa custom ukuran"),
    ("Sajadah lurik ATBM", "rumbai dipilin, lebar kurang rata"),
    ("Sajadah mendong", "dianyam, po dulu ya"),
    ("Tasbih stigi bubut", "diamplas, ronce tali kur, serat kayu tiap butir beda"),
    ("Tasbih galih kelor 33", "dibor satu satu, kalau putus dironce ulang"),
]
IMPORTERS = [
    ("Kain batik printing halus", "polyester, lebar 150 cm, per yard, motif random"),
    ("Kemeja batik pria", "gaya etnis, musim panas, asian size, izinkan kesalahan 1-3 cm"),
    ("Koko kurta", "ice silk, ready gudang, XL 65-75 kg"),
    ("Baju koko", "bust 110, kerah berdiri, warna: merah anggur"),
    ("Sajadah tebal empuk", "anti slip, motif masjid, 600 gsm, stok ribuan"),
    ("Sajadah Turki beludru", "oleh-oleh haji, kotak hadiah mewah"),
    ("Tasbih digital", "counter lcd, baterai, warna random"),
    ("Tasbih kristal", "manik akrilik, berkilau, paket termasuk: 1 x tasbih"),
]


def test_makers_and_importers_of_the_storys_goods_stand_apart_without_any_label() -> None:
    assert max(score(*row) for row in MAKERS) < -1.0
    assert min(score(*row) for row in IMPORTERS) > 1.0


def test_batch_mates_change_nothing(unseen: Listings, market: Listings) -> None:
    together = VIEW.log_odds(market)
    alone = np.concatenate([VIEW.log_odds(market[at]) for at in range(len(market))])
    np.testing.assert_array_equal(together, alone)
    assert VIEW.log_odds(unseen).shape == (len(unseen),)
    assert VIEW.log_odds(unseen[np.arange(0)]).shape == (0,)


def test_the_state_brings_back_the_same_view(save_and_read: Callable[[State], State]) -> None:
    view = CuesView(catalogue(), VIEW.weights + 0.125)
    state = save_and_read(view.state())
    back = CuesView.from_state(state)
    listings = table(*EXAMPLES.values())
    assert state.kind == cues.KIND
    np.testing.assert_array_equal(back.log_odds(listings), view.log_odds(listings))
    assert back.explain(listings) == view.explain(listings)
    evidence = next(row for row in back.explain(listings) if row)[0]
    assert back.say(evidence, "en") == view.say(evidence, "en")


def test_a_bundle_scores_by_its_own_catalogue() -> None:
    old = of(small("trade.a 1.0 aa"))
    assert CuesView.from_state(old.state()).log_odds(table({"title": "aa"})).tolist() == [1.0]


def test_weights_that_are_not_one_for_each_cue_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^cues\.trade: weights of shape \(1,\), one for each cue, expected, found \(2,\)\."
    ):
        CuesView(small("trade.a 1.0 aa"), np.zeros(2))


def test_what_is_said_for_the_seller_is_summed_apart_from_what_is_said_against() -> None:
    listings = table(
        {
            "title": "Kain batik tulis",
            "description": "Sudah dilorod. Free size, ready stok 500 rol",
            "shop_city": "Solo",
        },
        {"title": "Kain batik", "description": "motif printing mesin"},
        {"title": "xyzzy"},
    )
    cheap = [
        sum(one.log_odds for one in evidence if one.source == "text" and one.log_odds < 0.0)
        for evidence in VIEW.explain(listings)
    ]
    assert cheap[0] < -1.0
    assert cheap[1:] == [0.0, 0.0]
    whole = [sum(one.log_odds for one in evidence if one.source == "text") for evidence in VIEW.explain(listings)]
    np.testing.assert_allclose(VIEW.of_text(listings), np.stack([cheap, whole], axis=1), atol=1e-12)


def test_it_travels_between_processes_and_says_the_same() -> None:
    listings = table(*EXAMPLES.values())
    again = pickle.loads(pickle.dumps(VIEW))
    np.testing.assert_array_equal(again.log_odds(listings), VIEW.log_odds(listings))
