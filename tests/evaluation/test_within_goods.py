from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.evaluation.bootstrap import once
from umkm_classifier.evaluation.judged import Judged, judge
from umkm_classifier.evaluation.within_goods import WithinGoods, number_goods, number_story_goods, why_not_covered

GOODS = {"bag": "Tas wanita", "shoes": "Sepatu pria", "jacket": "Jaket pria"}


@pytest.fixture
def goods_market(listings):
    """Return a function: for each good, scores of local and of imported listings, every one of another shop."""

    def make(**scores: tuple[list[float], list[float]]) -> Judged:
        rows = [
            (title, label, p)
            for title, (local, imported) in scores.items()
            for label, values in (("local", local), ("imported", imported))
            for p in values
        ]
        titles, labels, p = zip(*rows, strict=True)
        return judge(listings(labels, title=[GOODS.get(t, t) for t in titles]), {"p": p})

    return make


def figures(judged: Judged) -> list[float]:
    return WithinGoods(judged, judged.p_imported)(once(judged.shops))[:, 0].tolist()


LOW, HIGH = [0.1] * 5, [0.9] * 5


def test_macro_is_the_mean_over_goods_and_pooled_over_pairs(goods_market) -> None:
    judged = goods_market(bag=(LOW, HIGH), shoes=(HIGH, LOW), jacket=(LOW * 2, HIGH * 2))
    assert figures(judged) == [pytest.approx((1 + 0 + 1) / 3), pytest.approx((25 + 0 + 100) / 150)]


def test_goods_that_differ_in_level_alone_teach_nothing(goods_market) -> None:
    # Bags are mostly imported and shoes mostly local; the score knows the good and nothing else.
    judged = goods_market(bag=([0.9] * 5, [0.9] * 20), shoes=([0.1] * 20, [0.1] * 5), jacket=([0.5] * 5, [0.5] * 5))
    assert figures(judged) == [0.5, 0.5]


def test_macro_needs_three_goods_with_five_shops_of_each_class(goods_market) -> None:
    judged = goods_market(bag=(LOW, HIGH), shoes=(LOW, HIGH), jacket=(LOW, HIGH[:4]))
    within = WithinGoods(judged, judged.p_imported)
    macro, pooled = figures(judged)
    assert np.isnan(macro)
    assert pooled == 1.0
    assert within.reasons(judged)["roc_auc_within_goods"] == (
        "2 goods have at least 5 shops of each class; at least 3 such goods are needed"
    )


def test_five_listings_of_four_shops_are_not_five_shops(listings) -> None:
    table = listings(
        ["local"] * 5 + ["imported"] * 5,
        title=[GOODS["bag"]] * 10,
        shop_id=["a", "a", "b", "c", "d", "e", "f", "g", "h", "i"],
    )
    judged = judge(table, {"p": np.full(10, 0.5)})
    assert WithinGoods(judged, judged.p_imported).covered.tolist() == [False]
    assert why_not_covered(judged, np.ones(10, dtype=bool)) == (
        "local shops: 4, imported: 5; at least 5 of each are needed"
    )


def test_listings_of_unknown_goods_are_not_compared(goods_market) -> None:
    judged = goods_market(qqq=(LOW, HIGH))
    within = WithinGoods(judged, judged.p_imported)
    assert np.isnan(figures(judged)).all()
    assert within.largest(judged) is None
    assert within.reasons(judged)["roc_auc_within_goods_pooled"] == (
        "no imported and local listing of the same good stand in different shops"
    )


def test_pairs_of_one_shop_do_not_count(listings) -> None:
    # Shop a sells both, in the wrong order; against the other shop the order is right.
    table = listings(["local", "imported", "local"], title=[GOODS["bag"]] * 3, shop_id=["a", "a", "b"])
    judged = judge(table, {"p": [0.9, 0.5, 0.1]})
    within = WithinGoods(judged, judged.p_imported)
    assert figures(judged)[1] == 1.0
    assert within.largest(judged) == {"good": "bags", "n_pairs": 1, "share_of_pairs": 1.0}


def test_the_largest_good_is_named_with_its_share_of_pairs(goods_market) -> None:
    judged = goods_market(bag=(LOW, HIGH), shoes=(LOW[:1], HIGH[:1]))
    found = WithinGoods(judged, judged.p_imported).largest(judged)
    assert found == {"good": "bags", "n_pairs": 25, "share_of_pairs": pytest.approx(25 / 26)}


def test_goods_are_numbered_by_name_and_other_is_none() -> None:
    names, numbers = number_goods(np.asarray(["shoes", "other", "bag", "shoes"], dtype=object))
    assert names == ["bag", "shoes"]
    assert numbers.tolist() == [1, -1, 0, 1]


def test_batik_cloth_and_garments_are_one_good_of_the_story() -> None:
    goods = np.asarray(["batik_garment", "batik_cloth", "koko", "sajadah", "tasbih", "bag"], dtype=object)
    assert number_story_goods(goods).tolist() == [0, 0, 1, 2, 3, -1]
