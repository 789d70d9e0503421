from __future__ import annotations

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umkm_classifier.errors import UsageError
from umkm_classifier.listings.price import parse_price
from umkm_classifier.simulate.market import Market, simulate
from umkm_classifier.simulate.vocabulary import vocabulary

STORY_GOODS = ("batik", "koko", "sajadah", "tasbih")
SEEDS = (0, 1, 2)
RECORD_COLUMNS = [
    "id", "title", "description", "price", "category", "shop_id", "shop_name", "shop_city", "ships_from", "brand",
    "attributes", "photos", "listed_at", "label", "label_source",
]  # fmt: skip
TRUTH_COLUMNS = [
    "id", "shop_id", "true_label", "good", "seller", "concealing", "label_is_wrong", "shop_kind",
]  # fmt: skip
# What the masks take away, written out here so that this file does not rest on them.
CLAIMS = re.compile(
    r"\b(handmade|hand made|buatan|tangan|lokal|asli|umkm|pengrajin|perajin|karya anak bangsa|indonesia|bangga|binaan|"
    r"solo|jogja|pekalongan)\b",
    re.IGNORECASE,
)
DECLARATIONS = re.compile(r"^(negara asal|nib|p-irt|bpom[^:\n]*):.*$", re.IGNORECASE | re.MULTILINE)


@cache
def market(rows: int, seed: int) -> Market:
    return simulate(rows, seed)


@cache
def words_alone(rows: int, seed: int, masked: bool) -> np.ndarray:
    """Return out-of-fold probabilities of a logistic regression on words, folds disjoint in shops, shape (rows,)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    records = market(rows, seed).records
    texts = [f"{record['title']}\n{record['description']}" for record in records]
    if masked:
        texts = [CLAIMS.sub(" ", DECLARATIONS.sub(" ", text)) for text in texts]
    y, shops = is_imported(rows, seed), [record["shop_id"] for record in records]
    p_imported = np.zeros(rows)
    for train, test in GroupKFold(5).split(texts, y, shops):
        tfidf = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        model = LogisticRegression(C=3.0, max_iter=1000).fit(tfidf.fit_transform([texts[at] for at in train]), y[train])
        p_imported[test] = model.predict_proba(tfidf.transform([texts[at] for at in test]))[:, 1]
    return p_imported


def is_imported(rows: int, seed: int) -> np.ndarray:
    return np.asarray([record["label"] == "imported" for record in market(rows, seed).records]).astype(int)


def goods(rows: int, seed: int) -> np.ndarray:
    return np.asarray([truth["good"] for truth in market(rows, seed).truth])


def auc(y: np.ndarray, score: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, score))


def text_of(record: dict[str, str]) -> str:
    return f"{record['title']}\n{record['description']}".lower()


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 80), seed=st.integers(0, 10_000))
def test_every_market_has_exactly_the_rows_and_columns_asked_for(rows: int, seed: int) -> None:
    simulated = simulate(rows, seed)
    assert len(simulated.records) == len(simulated.truth) == rows
    for record, truth in zip(simulated.records, simulated.truth, strict=True):
        assert list(record) == RECORD_COLUMNS
        assert list(truth) == TRUTH_COLUMNS
        assert all(type(value) is str for value in (*record.values(), *truth.values()))
        assert record["title"].strip()
        assert "{" not in record["title"] + record["description"]
        assert (record["id"], record["shop_id"]) == (truth["id"], truth["shop_id"])
        assert record["label"] in ("local", "imported")
        assert (record["label"] != truth["true_label"]) == (truth["label_is_wrong"] == "yes")
        assert truth["seller"] == {"local": "maker", "imported": "reseller"}[truth["true_label"]]
        assert truth["concealing"] == "no" or truth["seller"] == "reseller"
        if record["attributes"]:
            assert all(type(value) is str for value in json.loads(record["attributes"]).values())
        if record["listed_at"]:
            date.fromisoformat(record["listed_at"])


def test_the_same_rows_and_seed_give_the_same_bytes_whatever_the_hash_order(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from umkm_classifier.simulate.market import simulate; "
        "from umkm_classifier.simulate.write import write; write(simulate(120, 5), Path(sys.argv[1]))"
    )
    digests = set()
    for hash_seed in ("0", "1", "4242"):
        out = tmp_path / hash_seed
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", program, str(out)], check=True, env=environment)
        content = (out / "listings.csv").read_bytes() + (out / "truth.csv").read_bytes()
        digests.add(hashlib.sha256(content).hexdigest())
    assert len(digests) == 1


def test_another_seed_gives_another_market() -> None:
    assert simulate(50, 0).records != simulate(50, 1).records


def test_a_market_is_cheap_to_make() -> None:
    simulate(1)  # reads the words
    for rows, limit_s in ((800, 0.3), (20_000, 6.0)):
        start = time.process_time()
        simulate(rows, 3)
        assert time.process_time() - start < limit_s


def test_ids_are_unique() -> None:
    assert len({record["id"] for record in market(2000, 0).records}) == 2000


@pytest.mark.parametrize("seed", SEEDS)
def test_sixteen_goods_are_there_and_both_classes_within_each_good_of_the_story(seed: int) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for truth in market(800, seed).truth:
        counts[truth["good"]][truth["true_label"]] += 1
    assert len(counts) == 16
    for good in STORY_GOODS:
        assert min(counts[good]["local"], counts[good]["imported"]) >= 10


@pytest.mark.parametrize("seed", range(10))
def test_shop_sizes_are_heavy_tailed_and_leave_many_shops(seed: int) -> None:
    sizes = Counter(record["shop_id"] for record in market(800, seed).records).values()
    assert len(sizes) >= 150
    assert max(sizes) >= 20
    assert sum(size == 1 for size in sizes) > 0.4 * len(sizes)


def test_the_largest_shop_of_a_large_market_has_200_listings() -> None:
    assert max(Counter(record["shop_id"] for record in market(20_000, 0).records).values()) == 200


@pytest.mark.parametrize("seed", SEEDS)
def test_about_a_third_is_imported_and_three_labels_in_a_hundred_are_wrong(seed: int) -> None:
    truth = market(2000, seed).truth
    assert 0.30 < np.mean([row["true_label"] == "imported" for row in truth]) < 0.40
    assert 0.02 < np.mean([row["label_is_wrong"] == "yes" for row in truth]) < 0.045


def test_the_two_label_sources_err_differently() -> None:
    simulated = market(20_000, 0)
    wrong: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for record, truth in zip(simulated.records, simulated.truth, strict=True):
        wrong[record["label_source"], truth["true_label"]].append(truth["label_is_wrong"] == "yes")
    share = {key: float(np.mean(values)) for key, values in wrong.items()}
    assert set(share) == {
        (source, label) for source in ("simulated_brand", "simulated_declared") for label in ("local", "imported")
    }
    assert share["simulated_declared", "imported"] > 2 * share["simulated_brand", "imported"]
    assert share["simulated_declared", "local"] < share["simulated_brand", "local"]


def test_a_shop_makes_or_resells_unless_it_is_mixed_by_design() -> None:
    sellers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for truth in market(2000, 0).truth:
        sellers[truth["shop_id"], truth["shop_kind"]].add(truth["seller"])
    assert len({shop for shop, _ in sellers}) == len(sellers)
    for (_, kind), found in sellers.items():
        assert kind == "mixed" or found == {{"producer": "maker", "reseller": "reseller"}[kind]}
    assert any(found == {"maker", "reseller"} for found in sellers.values())


def test_every_price_that_is_there_is_read_as_a_plausible_number_of_rupiah() -> None:
    prices = [record["price"] for record in market(20_000, 0).records]
    assert 0.01 < np.mean([price == "" for price in prices]) < 0.03
    for price in filter(None, prices):
        value, _ = parse_price(price)
        assert value is not None, price
        assert 2_000 <= value <= 10_000_000, price


def test_prices_are_written_in_the_ways_of_sellers() -> None:
    prices = "\n".join(record["price"] for record in market(20_000, 0).records)
    forms = (
        r"^Rp\d+\.\d{3}$", r"^Rp \d+\.\d{3}$", r"^\d+$", r"^\d+rb$", r"^\d+ ribu$", r"^\d+k$", r"^IDR \d+K$",
        r"^\d,\djt$", r"^\d\.\djt$", r"^\d,\d juta$", r"^Rp\d\.\d{3}\.\d{3}$", r"^Rp [\d.]+,00$",
        r"^Rp[\d.]+ - Rp[\d.]+$", "^Rp\u00a0[\\d.]+$",
    )  # fmt: skip
    for form in forms:
        assert re.search(form, prices, re.MULTILINE), form


@pytest.mark.parametrize("seed", SEEDS)
def test_fields_are_left_empty_shop_by_shop_and_no_emptiness_tells_the_class(seed: int) -> None:
    records, y = market(2000, seed).records, is_imported(2000, seed)
    without_description = np.mean([record["description"] == "" for record in records])
    assert 0.10 < without_description < 0.20
    shops: dict[str, set[bool]] = defaultdict(set)
    for record in records:
        shops[record["shop_id"]].add(record["brand"] == "")
    assert all(len(kinds) == 1 for kinds in shops.values())
    for column in ("description", "price", "category", "shop_name", "shop_city", "brand", "attributes", "listed_at"):
        empty = np.asarray([record[column] == "" for record in records])
        assert 0 < empty.mean() < 0.7
        assert abs(auc(y, empty) - 0.5) < 0.15, column


def test_makers_and_resellers_borrow_each_others_words_within_each_good_of_the_story() -> None:
    simulated = market(5000, 0)
    for good in (good for good in vocabulary().goods if good.name in STORY_GOODS):
        rows = [at for at, truth in enumerate(simulated.truth) if truth["good"] == good.name]
        for words, own in ((good.words.maker, "maker"), (good.words.reseller, "reseller")):
            uses: dict[str, list[bool]] = {"maker": [], "reseller": []}
            for at in rows:
                used = any(word in simulated.records[at]["title"].lower() for word in words)
                uses[simulated.truth[at]["seller"]].append(used)
            shares = {seller: float(np.mean(found)) for seller, found in uses.items()}
            other = "reseller" if own == "maker" else "maker"
            assert shares[own] > shares[other] > 0.1


def test_claims_lie_and_admissions_come_from_both_sides() -> None:
    simulated = market(5000, 0)
    claims: dict[str, list[bool]] = defaultdict(list)
    admissions: dict[str, list[bool]] = defaultdict(list)
    for record, truth in zip(simulated.records, simulated.truth, strict=True):
        kind = "concealing" if truth["concealing"] == "yes" else truth["seller"]
        claims[kind].append(bool(re.search("handmade|lokal|umkm|buatan", text_of(record))))
        admissions[truth["seller"]].append("import" in text_of(record))
    assert np.mean(claims["concealing"]) > np.mean(claims["maker"]) > 0.2
    assert 0.02 < np.mean(admissions["maker"]) < np.mean(admissions["reseller"]) < 0.7


def test_masking_has_something_to_do() -> None:
    records = market(800, 0).records
    declared = [json.loads(record["attributes"] or "{}").get("Negara Asal") for record in records]
    by_label = {"local": {"Indonesia", "Lokal", "ID"}}
    for record, country in zip(records, declared, strict=True):
        assert country is None or (country in by_label["local"]) == (record["label"] == "local")
    assert sum(country is not None for country in declared) > 100
    descriptions = "\n".join(record["description"] for record in records)
    assert len(re.findall(r"^negara asal: \w+", descriptions, re.IGNORECASE | re.MULTILINE)) > 20
    assert len(re.findall(r"^(?:P-IRT|BPOM[ A-Z]*|NIB): (?:[A-Z]{2} ?)?\d{9,}", descriptions, re.MULTILINE)) > 10
    assert sum(bool(re.search("China|Luar Negeri|Hong Kong", record["ships_from"])) for record in records) > 3


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rows", [800, 2000])
def test_words_alone_tell_much_but_not_all(rows: int, seed: int, masked: bool) -> None:
    assert 0.75 < auc(is_imported(rows, seed), words_alone(rows, seed, masked)) < 0.93


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rows", [800, 2000])
def test_words_alone_tell_something_within_each_good_of_the_story(rows: int, seed: int) -> None:
    y, p_imported, good = is_imported(rows, seed), words_alone(rows, seed, True), goods(rows, seed)
    for name in STORY_GOODS:
        assert 0.65 < auc(y[good == name], p_imported[good == name]) < 0.95, name


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rows", [800, 2000])
def test_concealing_resellers_are_harder_to_tell_than_others(rows: int, seed: int) -> None:
    truth, p_imported = market(rows, seed).truth, words_alone(rows, seed, True)
    resold = np.asarray([row["seller"] == "reseller" for row in truth])
    concealing = np.asarray([row["concealing"] == "yes" for row in truth])
    among_concealing = auc(resold[~resold | concealing], p_imported[~resold | concealing])
    among_others = auc(resold[~concealing], p_imported[~concealing])
    assert 0.5 < among_concealing < among_others - 0.05


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rows", [800, 2000])
def test_prices_overlap(rows: int, seed: int) -> None:
    prices = np.asarray([parse_price(record["price"])[0] or math.nan for record in market(rows, seed).records])
    known, y, good = ~np.isnan(prices), is_imported(rows, seed), goods(rows, seed)
    typical = {name: np.nanmedian(prices[good == name]) for name in set(good.tolist())}
    relative = prices / np.asarray([typical[name] for name in good])
    for score in (prices, relative):
        assert auc(y[known], -score[known]) < 0.75
    assert auc(y[known], -relative[known]) > 0.52


def test_every_line_can_be_filled() -> None:
    words = vocabulary()
    pools = [words.lines, *(good.lines for good in words.goods)]
    lines = [line for pool in pools for line in (*pool.shared, *pool.maker, *pool.reseller)]
    assert {slot for line in lines for slot in re.findall(r"\{(.*?)\}", line)} <= {
        "warna", "hari", "jumlah", "stok", "ukuran", "bahan",
    }  # fmt: skip


def test_simulate_refuses_what_is_no_number_of_rows_and_no_seed_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        simulate(0, -1)
    assert str(caught.value) == (
        "simulate: rows must be a whole number from 1 to 2,147,483,647. Got 0 instead. Give one, for example "
        "rows=800.\n"
        "simulate: seed must be a whole number from 0 to 2,147,483,647. Got -1 instead. Give one, for example seed=0."
    )
    with pytest.raises(UsageError, match=r"rows must be a whole number from 1 to 2,147,483,647\. Got True instead"):
        simulate(True)
    with pytest.raises(UsageError, match=r"seed must be a whole number from 0 to 2,147,483,647\. Got 2147483648 inst"):
        simulate(5, 2**31)
    assert len(simulate(5, 2**31 - 1).records) == 5  # as large as for training
