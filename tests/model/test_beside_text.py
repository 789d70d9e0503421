"""What text alone says makes no listing local."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.model.test_origin import Stub, stubbed, titled
from umkm_classifier.model.origin import BaseView, OriginModel
from umkm_classifier.signals.benefit import BenefitView


def test_a_title_alone_is_never_local_whatever_is_given_back_for_empty_fields() -> None:
    """The last bits of sums, and the benefit of the doubt, once counted as a second source."""
    titles = [f"Tas {at}" for at in range(50)]
    text = Stub("words.text", {title: -0.3 - 0.1 * at for at, title in enumerate(titles)})
    given_back = BenefitView({"brand": 0.3, "price_idr": 0.17})
    asked = titled(*titles)
    weights = (0.37, 1.0)
    for model in (stubbed(text, weights=(0.37,)), with_view(stubbed(text, text, weights=weights), 1, given_back)):
        columns = model.columns(asked)
        assert (model.p_of(asked, columns) < 0.5).all()
        assert set(model.decide(asked, columns)) == {"review"}
        adapted = with_view(stubbed(text, weights=(1.0,), intercept=0.0), 0, BaseView(model))
        assert set(adapted.decide(asked, adapted.columns(asked))) == {"review"}
    place = Stub("facts.brand", dict.fromkeys(titles, -0.1))
    speaks_too = stubbed(text, place)
    assert set(speaks_too.decide(asked, speaks_too.columns(asked))) == {"local"}


def with_view(model: OriginModel, at: int, view: Any) -> OriginModel:
    """Return a model with one of its views exchanged."""
    return dataclasses.replace(model, views=[*model.views[:at], view, *model.views[at + 1 :]])
