"""What a model that learned from blibli alone says of batik, koko, sajadah and tasbih, of which it saw no import.

The listings are constructed (tests/data/named_goods.md): the figures compare versions and are no accuracy.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.listings.typical_claims import CLAIMS
from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.listings.goods import FAMILIES, STORY_GOODS, goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.listings.table import read
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel

pytestmark = pytest.mark.slow

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (DATA / "named_goods.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def listings(rows: list[dict[str, str]]) -> Listings:
    return prepare(rows)[0]


@pytest.fixture(scope="module")
def model(real_data: Path) -> OriginModel:
    blibli = read(real_data / "blibli" / "listings.csv")[0]
    return fit_model(blibli, TrainConfig(), CachedEncoder(text_encoder("use")))


def with_phrases(rows: list[dict[str, str]], phrases: str) -> Listings:
    return prepare([row | {"description": f"{row['description']}\n{phrases}"} for row in rows])[0]


def auc(listings: Listings, p: NDArray[np.float64], at: Any = slice(None)) -> float:
    return float(measure(listings[at], p[at], redraws=0)["roc_auc"])


def test_goods_without_an_imported_label_are_ranked(
    model: OriginModel, listings: Listings, rows: list[dict[str, str]]
) -> None:
    p, is_imported = model.p_imported(listings), listings.is_imported.astype(bool)
    conceals = np.asarray([row["concealing"] == "yes" for row in rows])
    assert len(p) == 160
    assert auc(listings, p) >= 0.85
    assert auc(listings, p, np.flatnonzero(~is_imported | conceals)) >= 0.78
    assert (p[~is_imported] >= 0.5).mean() <= 0.05


def test_phrases_of_makers_pasted_into_imports_make_none_local(
    model: OriginModel, listings: Listings, rows: list[dict[str, str]]
) -> None:
    phrases = (DATA / "pasted_phrases.txt").read_text(encoding="utf-8").splitlines()
    assert len(phrases) == 12
    pasted, is_imported = with_phrases(rows, ". ".join(phrases)), listings.is_imported.astype(bool)
    was = [one.decision for one in model.predict(listings, explain=False)]
    now = [one.decision for one in model.predict(pasted, explain=False)]
    became = [at for at in np.flatnonzero(is_imported) if now[at] == "local" != was[at]]
    assert became == []
    p = np.where(is_imported, model.p_imported(pasted), model.p_imported(listings))
    assert auc(listings, p) >= 0.72


def test_no_claim_moves_a_score(model: OriginModel, listings: Listings, rows: list[dict[str, str]]) -> None:
    before = model.columns(listings)
    for claim in CLAIMS[::7]:
        np.testing.assert_array_equal(model.columns(with_phrases(rows, claim)), before)


def test_most_of_them_carry_the_note_that_nothing_is_promised(model: OriginModel, listings: Listings) -> None:
    answers = model.predict(listings, explain=False)
    assert sum("no_guarantee_for_good" in one.notes for one in answers) >= 150
    unpromised = [one for one in answers if "no_guarantee_for_good" in one.notes]
    assert {one.decision for one in unpromised} <= {"review", "imported"}


def test_cues_rank_better_within_goods_of_another_marketplace(model: OriginModel, real_data: Path) -> None:
    shopee = read(real_data / "shopee" / "listings.csv")[0]
    columns = model.columns(shopee)
    without = columns.copy()
    without[:, model.fusion.names.index("cues.trade")] = np.nan
    key = "roc_auc_within_goods_pooled"
    with_cues, alone = (measure(shopee, model.p_of(shopee, one), redraws=0)[key] for one in (columns, without))
    assert with_cues - alone >= 0.05


def test_no_good_of_the_story_is_decided_by_a_model_that_saw_no_import_of_it(
    model: OriginModel, listings: Listings, real_data: Path
) -> None:
    titles = read(real_data / "tokopedia_search" / "titles.csv", columns={"title": "name", "price": "price_number"})[0]
    blibli = read(real_data / "blibli" / "listings.csv")[0]
    decided = 0
    for table in (listings, blibli, titles[::3]):
        goods = goods_of(table)
        story = np.flatnonzero([FAMILIES[good] in STORY_GOODS for good in goods])
        assert len(story) >= 60
        assert {one.decision for one in model.predict(table[story], explain=False)} == {"review"}
        others = np.flatnonzero(goods != "other")
        decided += sum(one.decision != "review" for one in model.predict(table[others[:300]], explain=False))
    assert decided > 50  # of other goods some are decided
