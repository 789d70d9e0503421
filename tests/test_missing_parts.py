"""Missing parts are ordinary: whatever a table holds is learned from, and whatever a listing holds is asked about."""

from __future__ import annotations

import functools
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from tests.colour_encoder import ColourEncoder
from tests.hash_encoder import HashEncoder
from tests.model.test_fit_photos import photo
from tests.signals.joint.conftest import InTorch
from tests.small_models import small_config
from umkm_classifier.config import SIGNALS
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.errors import SplitError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.simulate.market import simulate

PARTS = {
    "title": ("title",),
    "description": ("description",),
    "price": ("price",),
    "photos": ("photos",),
    "shop": ("shop_id", "shop_name", "shop_city", "ships_from"),
}
SUBSETS = tuple(some for size in range(len(PARTS) + 1) for some in combinations(PARTS, size))
READ = {"title", "description", "photos"}  # one of these makes a listing; a price or a shop alone is none
WITH_CONTENT = tuple(some for some in SUBSETS if READ & set(some))
# To learn from: each part that makes a listing alone, all but one, all, and pairs whose second part says little alone.
LEARNED = (
    *((one,) for one in sorted(READ)),
    *(some for some in SUBSETS if len(some) >= 4),
    ("title", "price"), ("photos", "shop"), ("title", "photos"),
)  # fmt: skip
WITH_NETWORK = (tuple(PARTS), ("title", "photos"), ("photos",), ("description", "price"))
ASKED_ROWS = 4


@functools.cache
def records(seed: int) -> tuple[dict[str, Any], ...]:
    rows: list[dict[str, Any]] = [dict(row) for row in simulate(150, seed).records]
    for at, row in enumerate(rows):
        row["photos"] = [photo(1_000 * seed + at, row["label"] == "imported")]
        row["description"] = row["description"] or "barang baru"
    return tuple(rows)


@functools.cache
def table(some: tuple[str, ...], seed: int = 3) -> Listings:
    """A market with these parts alone."""
    wanted = {"id", "label", "label_source", *(name for part in some for name in PARTS[part])}
    return prepare([{name: row[name] for name in wanted} for row in records(seed)])[0]


@functools.cache
def taught(some: tuple[str, ...], signals: tuple[str, ...] = SIGNALS) -> OriginModel:
    config = small_config(signals=signals, joint_epochs=3, joint_width=8, joint_learning_rate=0.01)
    return fit_model(table(some), config, Encoders(HashEncoder(), ColourEncoder()))


def check_answers(model: OriginModel, learned: tuple[str, ...]) -> None:
    """Ask about listings with every subset of parts, odd ones among them."""
    for asked in SUBSETS:
        rows = table(asked)[:ASKED_ROWS]
        answers = model.predict(rows, explain=len(asked) in (1, 5))
        assert [answer.id for answer in answers] == list(rows.column("id"))
        shared = READ & set(asked) & set(learned)
        for answer in answers:
            if answer.p_imported is None:
                assert (answer.decision, answer.status) == ("review", "rejected")
                assert answer.notes
                assert not shared, (learned, asked, answer.notes)
                continue
            assert READ & set(asked), (learned, asked)
            assert 0.0 < answer.p_imported < 1.0
            assert answer.status == ("ok" if {"title", "description"} & set(asked) else "degraded")
            if answer.reasons:
                total = sum(reason.log_odds for reason in answer.reasons)
                assert total == pytest.approx(answer.log_odds, abs=1e-6)


@pytest.mark.parametrize("learned", LEARNED, ids="+".join)
def test_any_parts_are_learned_from_and_any_others_asked_about(learned: tuple[str, ...]) -> None:
    check_answers(taught(learned), learned)


@pytest.mark.parametrize("learned", WITH_NETWORK, ids="+".join)
def test_so_they_are_with_a_network_among_the_signals(
    learned: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from umkm_classifier.signals.joint import fit

    monkeypatch.setattr(fit, "export", lambda module, examples, what: InTorch(module))
    model = taught(learned, (*SIGNALS, "joint"))
    assert "joint.listing" in model.fusion.names
    check_answers(model, learned)


@pytest.mark.parametrize("learned", [some for some in SUBSETS if some and not READ & set(some)], ids="+".join)
def test_a_price_or_a_shop_alone_is_no_listing_to_learn_from(learned: tuple[str, ...]) -> None:
    assert table(learned).rejected.all()
    with pytest.raises(SplitError, match="found 0 with local and 0 with imported listings"):
        taught(learned)


@pytest.mark.parametrize("asked", WITH_CONTENT, ids="+".join)
def test_a_lack_of_parts_never_turns_the_ranking_of_a_model_of_all_parts_round(asked: tuple[str, ...]) -> None:
    unseen = table(asked, 4)
    p = taught(tuple(PARTS)).p_imported(unseen)
    assert np.isfinite(p).all()
    assert p[unseen.is_imported == 1].mean() > p[unseen.is_imported == 0].mean()
