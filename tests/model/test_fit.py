"""Training learns something, learns the same thing twice, and never from what it is judged on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.hash_encoder import HashEncoder
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.errors import SplitError
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings, concatenate
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model import folds as folds_module
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel

NONE = NoEncoder()


def auc(model: OriginModel, listings: Listings) -> float:
    return float(roc_auc_score(listings.is_imported, model.p_imported(listings)))


def labelled(listings: Listings, labels: Any) -> Listings:
    return listings.replace(label=np.asarray(list(labels), dtype=object))


def same_bits(one: OriginModel, other: OriginModel, listings: Listings) -> bool:
    return bool(
        np.array_equal(one.columns(listings), other.columns(listings), equal_nan=True)
        and np.array_equal(one.p_imported(listings), other.p_imported(listings), equal_nan=True)
        and one.fusion.intercepts == other.fusion.intercepts
        and np.array_equal(one.fusion.weights, other.fusion.weights)
        and one.calibration == other.calibration
        and one.training == other.training
    )


@pytest.fixture(scope="module")
def words(market: Any, quick: Any) -> OriginModel:
    return fit_model(market(300, 0), quick(signals=("words",)), NONE)


@pytest.fixture(scope="module")
def both(market: Any, quick: Any) -> OriginModel:
    return fit_model(market(300, 0), quick(signals=("words", "facts")), NONE)


def test_words_learn_something_that_holds_on_another_market(words: OriginModel, market: Any) -> None:
    assert auc(words, market(300, 11)) > 0.7
    assert {view.name.split(".")[0] for view in words.views} == {"words"}


def test_words_and_facts_learn_something_that_holds_on_another_market(both: OriginModel, market: Any) -> None:
    assert auc(both, market(300, 11)) > 0.7
    assert {view.name.split(".")[0] for view in both.views} == {"words", "facts"}


def test_nothing_is_learned_from_shuffled_labels(market: Any, quick: Any) -> None:
    found = []
    for seed in range(3):
        table = market(300, seed)
        labels = np.random.default_rng(seed).permutation(table.column("label"))
        model = fit_model(labelled(table, labels), quick(signals=("words",)), NONE)
        found.append(auc(model, market(300, 11)))
        assert max(model.training["out_of_fold_roc_auc"].values()) < 0.65
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)


def test_the_same_rows_and_seed_give_the_same_bits(market: Any, quick: Any) -> None:
    config = quick(signals=("words", "meaning", "facts"))
    one, other = (fit_model(market(150, 1), config, HashEncoder()) for _ in range(2))
    assert same_bits(one, other, market(60, 12))


@pytest.mark.slow
def test_several_processes_give_the_same_bits_as_one(monkeypatch: pytest.MonkeyPatch, market: Any, quick: Any) -> None:
    config = quick(signals=("words", "meaning", "facts"))
    alone = fit_model(market(150, 1), config, HashEncoder())
    monkeypatch.setattr(folds_module, "ROWS_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(folds_module.os, "cpu_count", lambda: 2)
    shared = fit_model(market(150, 1), config, HashEncoder())
    assert same_bits(alone, shared, market(60, 12))


def test_emptied_copies_keep_titles_and_lose_fields_one_by_one(market: Any) -> None:
    table = market(300, 0)
    emptied = folds_module.with_fields_emptied(table, 0.5, np.random.default_rng(0))
    for name in ("id", "title", "shop_id", "label"):
        np.testing.assert_array_equal(emptied.column(name), table.column(name))
    gone = {}
    for name in ("description", "shop_name", "attributes"):
        filled = np.asarray([bool(value) for value in table.column(name)])
        kept = np.asarray([bool(value) for value in emptied.column(name)])
        assert not (kept & ~filled).any()
        assert (kept & filled).sum() / filled.sum() == pytest.approx(0.5, abs=0.1)
        gone[name] = filled & ~kept
    assert not np.array_equal(gone["description"], gone["shop_name"])
    priced = np.isfinite(table.price_idr)
    assert np.isfinite(emptied.price_idr).sum() / priced.sum() == pytest.approx(0.5, abs=0.1)
    assert sum(bool(text) for text in table.column("description")) > 200  # the table itself is left as it was


def test_another_seed_gives_another_model(market: Any, quick: Any) -> None:
    one, other = (fit_model(market(150, 1), quick(seed=seed), NONE) for seed in (0, 1))
    assert not np.array_equal(one.p_imported(market(60, 12)), other.p_imported(market(60, 12)))


def test_probabilities_are_calibrated_on_average(both: OriginModel, market: Any) -> None:
    unseen = market(300, 11)
    assert both.p_imported(unseen).mean() == pytest.approx(unseen.is_imported.mean(), abs=0.1)


def test_fault_60_no_shop_is_learned_from_and_scored_at_once(
    monkeypatch: pytest.MonkeyPatch, market: Any, quick: Any
) -> None:
    seen: list[tuple[set[str], set[str]]] = []
    learn = folds_module.fit_views

    def spy(listings: Listings, *rest: Any) -> Any:
        shops = set(listings.column("shop_id"))
        views = learn(listings, *rest)
        for view in views:
            score = view.log_odds
            monkeypatch.setattr(
                view,
                "log_odds",
                lambda rows, score=score: seen.append((shops, set(rows.column("shop_id")))) or score(rows),
            )
        return views

    monkeypatch.setattr(folds_module, "fit_views", spy)
    fit_model(market(150, 2), quick(folds=3), NONE)
    held_out = [pair for pair in seen if not pair[0] & pair[1]]
    assert len(seen) == len(held_out)
    assert len({tuple(sorted(scored)) for _, scored in held_out}) >= 3


def test_fault_60_what_only_names_a_shop_is_worth_nothing_out_of_fold(quick: Any) -> None:
    # a word of its own in every title of a shop: perfect within shops, worthless across them
    rng = np.random.default_rng(0)
    rows = [
        {
            "title": f"{word}{word} barang {word}",
            "shop_id": word,
            "label": "imported" if shop % 2 else "local",
        }
        for shop, word in enumerate("".join(map(chr, rng.integers(97, 123, 9))) for _ in range(40))
        for _ in range(6)
    ]
    model = fit_model(prepare(rows)[0], quick(signals=("words",), folds=5), NONE)
    assert max(model.training["out_of_fold_roc_auc"].values()) < 0.65


def test_rows_without_a_label_change_nothing(market: Any, quick: Any) -> None:
    table, more = market(150, 1), market(100, 13)
    unlabelled = labelled(more, [""] * len(more))
    rejected, _ = prepare([{"price": 5_000 + at, "label": "imported", "shop_id": f"r{at}"} for at in range(9)])
    mixed = concatenate([unlabelled[:40], table, unlabelled[40:], rejected])
    alone, with_others = (fit_model(rows, quick(), NONE) for rows in (table, mixed))
    assert same_bits(alone, with_others, market(60, 12))


def test_each_label_source_gets_an_intercept(market: Any, quick: Any) -> None:
    table = market(300, 0)
    rng = np.random.default_rng(0)
    # the same shops and texts, but one source calls nearly everything imported
    strict = labelled(table, np.where(rng.random(300) < 0.7, "imported", table.column("label")))
    tables = []
    for name, rows in (("strict", strict), ("fair", table)):
        tables.append(rows.replace(label_source=np.asarray([name] * 300, dtype=object)))
    model = fit_model(concatenate(tables), quick(signals=("words",)), NONE)
    assert set(model.fusion.intercepts) == {"strict", "fair"}
    assert model.fusion.intercepts["strict"] > model.fusion.intercepts["fair"] + 0.7
    counts = model.training["label_sources"]
    n_imported = int(table.is_imported.sum())
    assert counts["fair"] == {"n": 300, "n_local": 300 - n_imported, "n_imported": n_imported}


def test_the_commonest_source_is_the_one_that_speaks(market: Any, quick: Any) -> None:
    table = market(150, 1)
    source = np.asarray(["b" if at % 3 else "a" for at in range(150)], dtype=object)
    model = fit_model(table.replace(label_source=source), quick(signals=("words",)), NONE)
    assert model.fusion.source == "b"
    assert model.fusion.intercept == model.fusion.intercepts["b"]


def test_what_was_learned_from_is_told(both: OriginModel, market: Any) -> None:
    table, told = market(300, 0), both.training
    assert told["n"] == 300
    assert told["n_imported"] == int(table.is_imported.sum())
    assert told["n_local"] == 300 - told["n_imported"]
    assert told["n_groups"] == len(set(split.groups(table).tolist()))
    assert tuple(view.name for view in both.views) == both.fusion.names
    # what empty fields are given back is learned from the fused scores, and is no opinion of its own
    assert set(told["out_of_fold_roc_auc"]) == set(both.fusion.names) - {"facts.missing"}
    assert told["best_view"] in both.fusion.names
    assert told["notes"] == []


def test_fault_58_few_shops_lower_the_folds_and_the_model_says_so(market: Any, quick: Any) -> None:
    table = market(240, 0)
    shops = table.column("shop_id")
    few = sorted({shop for shop, label in zip(shops, table.column("label"), strict=True) if label == "imported"})[:3]
    kept = np.flatnonzero((table.column("label") == "local") | np.isin(shops.astype(str), few))
    model = fit_model(table[kept], quick(signals=("words",), folds=5), NONE)
    assert [note for note in model.training["notes"] if note.startswith("folds_lowered: 3 of 5")]


def test_fault_59_one_seller_only_is_refused(market: Any, quick: Any) -> None:
    one = market(60, 1).replace(shop_id=np.asarray(["s"] * 60, dtype=object))
    with pytest.raises(SplitError) as caught:
        fit_model(one, quick(), NONE)
    assert str(caught.value) == (
        "the rows cannot be split: two folds need at least 2 groups (shops, with near-duplicate texts united) of each "
        "class, found 1 with local and 1 with imported listings, 1 in all. Label listings of more shops."
    )


def test_fault_57_one_class_only_is_refused_before_anything_is_learned(market: Any, quick: Any) -> None:
    table = labelled(market(60, 1), ["local"] * 60)
    n_groups = len(set(split.groups(table).tolist()))
    with pytest.raises(SplitError) as caught:
        fit_model(table, quick(), NONE)
    assert str(caught.value) == (
        "the rows cannot be split: two folds need at least 2 groups (shops, with near-duplicate texts united) of each "
        f"class, found {n_groups} with local and 0 with imported listings, {n_groups} in all. "
        "Label listings of more shops."
    )


# Adaptation: a model that is there already is the view that all others are weighed against.


def few_shops(table: Listings) -> Listings:
    """Return twenty rows of two shops, one for each class."""
    rows = [np.flatnonzero(table.column("label") == label)[:10] for label in ("local", "imported")]
    shops = np.asarray(["l"] * 10 + ["i"] * 10, dtype=object)
    return table[np.concatenate(rows)].replace(shop_id=shops)


def test_too_few_shops_keep_the_base_alone(both: OriginModel, market: Any, quick: Any) -> None:
    model = fit_model(few_shops(market(150, 5)), quick(), NONE, both)
    assert model.fusion.names == ("base.model",)
    assert [note for note in model.training["notes"] if note.startswith("base_only: ")]
    unseen = market(60, 12)
    assert np.isfinite(model.p_imported(unseen)).all()
    assert np.array_equal(np.argsort(model.p_imported(unseen)), np.argsort(both.p_imported(unseen)))


def test_an_adapted_model_holds_the_base_beside_its_own_views(both: OriginModel, market: Any, quick: Any) -> None:
    model = fit_model(market(150, 5), quick(signals=("words",)), NONE, both)
    assert model.fusion.names[0] == "base.model"
    assert len(model.fusion.names) > 1
    assert model.fusion.weights[0] > 0.0
    unseen = market(300, 11)
    assert np.isfinite(model.p_imported(unseen)).all()
    assert auc(model, unseen) > auc(both, unseen) - 0.05


def test_an_adapted_model_moves_towards_its_own_labels(both: OriginModel, market: Any, quick: Any) -> None:
    # here a word that the base knows nothing about decides: buckets are imported, brooms are local
    table = market(150, 5)
    bucket = np.random.default_rng(0).random(150) < 0.5
    named = zip(bucket, table.column("title"), strict=True)
    titles = [f"{'ember' if is_bucket else 'sapu'} {title}" for is_bucket, title in named]
    shops = [f"s{at}" for at in range(150)]
    own = labelled(table, np.where(bucket, "imported", "local")).replace(
        title=np.asarray(titles, dtype=object), shop_id=np.asarray(shops, dtype=object)
    )
    model = fit_model(own, quick(signals=("words",)), NONE, both)
    asked = prepare([{"title": "ember plastik"}, {"title": "sapu plastik"}])[0]
    ember, sapu = model.p_imported(asked)
    ember_before, sapu_before = both.p_imported(asked)
    assert ember - sapu > 2 * abs(ember_before - sapu_before)
    before = roc_auc_score(own.is_imported, both.p_imported(own))
    assert roc_auc_score(own.is_imported, model.p_imported(own)) > before + 0.2
