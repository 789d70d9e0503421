"""Claims and declared origins, put where sellers put them: nothing of them is read."""

from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.evaluation.stress_cases import Case, cases
from umkm_classifier.evaluation.stress_masked import CLAIMS, PLACES, with_claim
from umkm_classifier.evaluation.stress_rows import differing
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.simulate.market import simulate


@pytest.fixture(scope="module")
def market() -> Listings:
    return prepare(simulate(300, 17).records)[0]


MASKED = [case for seed in (0, 1) for case in cases(seed) if case.group in ("claims", "declared_origin")]


@pytest.mark.parametrize("case", MASKED, ids=lambda case: case.name)
def test_what_is_masked_reads_the_same_wherever_it_is_put(case: Case, market: Listings) -> None:
    plain = market if case.before is None else case.before(market)
    assert not differing(plain, case.change(plain)).any()


@pytest.mark.parametrize("place", PLACES)
def test_a_claim_does_stand_where_it_was_put(place: str) -> None:
    dice = np.random.default_rng(0)
    for _ in range(50):
        written = with_claim(place, "Kain tebal warna merah", dice)
        letters = "".join(filter(str.isalnum, written.lower()))
        assert any("".join(filter(str.isalnum, claim.lower())) in letters for claim in CLAIMS)


def test_a_claim_that_would_touch_a_word_of_claims_is_set_off_by_a_bar() -> None:
    dice = np.random.default_rng(0)
    assert with_claim("after the title", "Tas kulit asli", dice).startswith("Tas kulit asli | ")
    assert " | Kami" in with_claim("before the title", "Kami jual tas", dice)


@pytest.mark.parametrize("nothing", ["", "?", "- ,"])
def test_no_claim_is_put_beside_nothing(nothing: str) -> None:
    assert with_claim("below the description", nothing, np.random.default_rng(0)) == nothing
