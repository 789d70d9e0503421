"""Learning the weights of cues: pulled to the priors, moved by many shops, held to what is true within goods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.signals.test_cues import VIEW, small, table
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals import cues, cues_fit
from umkm_classifier.signals.cues import fit_cues
from umkm_classifier.signals.cues_catalogue import Catalogue
from umkm_classifier.signals.cues_score import shares_of

GOODS = ("Sajadah", "Tasbih", "Sepatu", "Baju koko")


def market_of(words: Sequence[str], y: Sequence[int]) -> Listings:
    """Return a listing for each text, its good by turns."""
    return table(*({"title": f"{GOODS[at % len(GOODS)]} {text}"} for at, text in enumerate(words))).replace(
        label=np.asarray(["imported" if label else "local" for label in y], dtype=object)
    )


def learned(known: Catalogue, texts: Sequence[str], y: Sequence[int], monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    monkeypatch.setattr(cues, "catalogue", lambda: known)
    listings = market_of(texts, y)
    (view,) = fit_cues(listings, listings.is_imported, np.ones(len(texts)), np.arange(len(texts)))
    return view.weights


KNOWN = small("trade.a 0.5 aa", "trade.b -0.5 bb", "material.c 0.5 cc", "material.d 0.0 dd")


def drawn(n: int, odds: dict[str, float], seed: int = 0) -> tuple[list[str], list[int]]:
    """Draw texts and labels: each word of ``odds`` in half of the texts, adding its log-odds."""
    rng = np.random.default_rng(seed)
    has = rng.random((n, len(odds))) < 0.5
    p = 1.0 / (1.0 + np.exp(-(has @ np.asarray(list(odds.values())) - 0.5 * sum(odds.values()))))
    texts = [" ".join(word for word, there in zip(odds, row, strict=True) if there) for row in has]
    return texts, (rng.random(n) < p).astype(int).tolist()


def test_without_labels_or_with_few_the_weights_are_the_priors(market: Listings) -> None:
    none = market[np.arange(0)]
    for listings in (none, market[np.arange(20)]):
        (view,) = fit_cues(listings, listings.is_imported, np.ones(len(listings)), np.arange(len(listings)))
        np.testing.assert_array_equal(view.weights, VIEW.weights)


def test_labels_move_a_weight_towards_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = learned(KNOWN, *drawn(1_200, {"aa": 3.0, "bb": -0.5, "cc": 0.5}), monkeypatch)
    assert weights[0] > 1.0
    assert weights[1] < 0.0


def test_a_weight_moves_only_when_a_hundred_shops_fired_its_cue(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, y = drawn(1_200, {"aa": 3.0, "bb": -0.5})
    monkeypatch.setattr(cues, "catalogue", lambda: KNOWN)
    listings = market_of(texts, y)
    fired = np.flatnonzero(["aa" in text for text in texts])
    shops = np.arange(len(texts))
    shops[fired] = fired % 99
    (view,) = fit_cues(listings, listings.is_imported, np.ones(len(texts)), shops)
    assert view.weights[0] == 0.5
    shops[fired] = fired % 100
    (view,) = fit_cues(listings, listings.is_imported, np.ones(len(texts)), shops)
    assert view.weights[0] > 0.5


def test_no_weight_changes_its_sign_and_one_of_zero_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = learned(KNOWN, *drawn(1_200, {"aa": -3.0, "bb": 3.0, "cc": 3.0, "dd": 3.0}), monkeypatch)
    assert weights[0] >= 0.0
    assert weights[1] <= 0.0
    assert weights[2] > 0.5
    assert weights[3] == 0.0


def test_labels_of_fewer_than_three_goods_move_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, y = drawn(1_200, {"aa": 3.0})
    y = [label if at % len(GOODS) < 2 else 0 for at, label in enumerate(y)]
    assert learned(KNOWN, texts, y, monkeypatch).tolist() == [0.5, -0.5, 0.5, 0.0]


def test_what_a_good_explains_no_cue_has_to(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    often = np.asarray([0.95, 0.05, 0.95, 0.05])[np.arange(1_200) % len(GOODS)]
    y = (rng.random(1_200) < often).astype(int).tolist()
    texts = ["aa" if rng.random() < share else "" for share in often]  # the word of the good, no word within it
    assert learned(KNOWN, texts, y, monkeypatch)[0] <= 0.6


def test_rows_without_weight_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cues, "catalogue", lambda: KNOWN)
    texts, y = drawn(1_200, {"aa": 3.0})
    wrong = [1 - label for label in y]
    listings, n = market_of(texts + texts, y + wrong), len(texts)
    (view,) = fit_cues(listings, listings.is_imported, np.repeat([1.0, 0.0], n), np.arange(2 * n))
    assert view.weights[0] > 1.0


def test_under_the_priors_the_fit_starts_from_the_untrained_score() -> None:
    known = small("making.a -1.5 aa", "making.b -1.0 bb", "order.c -1.5 cc", "trade.d 1.0 dd")
    priors = np.asarray([cue.prior for cue in known.cues])
    fired = [{0: "aa", 1: "bb", 2: "cc", 3: "dd"}, {1: "bb"}, {}]
    rows = cues_fit._rows(known.cues, fired, [0, 3], np.zeros(3, dtype=np.int64), np.zeros(3, int), np.ones(3))
    expected = [sum(shares_of(known.cues, priors, row).values()) for row in fired]
    np.testing.assert_allclose(rows.offset + rows.x @ priors[[0, 3]], expected, rtol=0, atol=1e-12)
