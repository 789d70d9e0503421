"""The view of ``writing``: marks on photos as evidence, and silence where there are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stamp_reader import IDS, StampReader, stamped
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photos import MOST_PHOTOS
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.cues_fit import FEWEST_SHOPS
from umkm_classifier.signals.cues_score import priors_of
from umkm_classifier.signals.signal import Evidence, State
from umkm_classifier.signals.writing import NOTES, WritingView, fit_writing
from umkm_classifier.signals.writing_marks import MARKS, MOST

PRIOR = {mark.id: mark.prior for mark in MARKS}


def table(*photos: object, title: str = "kain") -> Listings:
    return prepare([{"title": title, "photos": cell} for cell in photos])[0]


@pytest.fixture
def view() -> WritingView:
    return WritingView(StampReader(), priors_of(MARKS))


@pytest.fixture
def blind() -> WritingView:
    return WritingView(NoImageEncoder(), priors_of(MARKS))


@pytest.mark.parametrize("mark", [mark.id for mark in MARKS if mark.prior > 0.0])
def test_a_mark_alone_adds_its_prior_with_the_photo_as_its_source(view: WritingView, mark: str) -> None:
    listings = table([stamped(), stamped(mark)])
    assert view.log_odds(listings).tolist() == [PRIOR[mark]]
    (said,) = MARKS[IDS.index(mark)].say["en"].splitlines()
    assert view.explain(listings) == [[Evidence("photo", f"photo 2: {said}", PRIOR[mark])]]


@pytest.mark.parametrize(
    "photos",
    [
        None, [], [stamped()], [b"broken"], [stamped("script.han", readable=False)], [stamped("contact.local")],
        [stamped("market.local"), stamped("contact.local")], "https://example.org/a.jpg",
    ],
)  # fmt: skip
def test_a_listing_without_a_mark_that_is_evidence_gets_silence(view: WritingView, photos: object) -> None:
    assert np.isnan(view.log_odds(table(photos))).all()
    assert view.explain(table(photos)) == [[]]


def test_a_phone_number_that_a_maker_pastes_changes_nothing(view: WritingView) -> None:
    plain, pasted = view.log_odds(table([stamped("script.han")], [stamped("script.han", "contact.local")]))
    assert plain == pasted


def test_photos_that_cannot_be_opened_or_read_cost_nothing_but_themselves(view: WritingView) -> None:
    good = stamped("script.han")
    alone, among = view.log_odds(table([good], [b"broken", stamped(readable=False), good]))
    assert alone == among
    assert view.explain(table([b"broken", good]))[0][0].what == "photo 2: Chinese characters"


def test_marks_are_counted_once_whatever_the_number_of_photos(view: WritingView) -> None:
    once, thrice = view.log_odds(
        table([stamped("script.han")], [stamped("script.han", seed=seed) for seed in range(3)])
    )
    assert once == thrice


def test_marks_of_a_family_count_half_and_all_together_no_more_than_the_cap(view: WritingView) -> None:
    weak, both = view.log_odds(table([stamped("contact.china", "contact.wechat")], [stamped(*IDS)]))
    assert weak == PRIOR["contact.china"] + 0.5 * PRIOR["contact.wechat"]
    assert both == pytest.approx(MOST, abs=1e-12)


@given(st.lists(st.lists(st.sampled_from(IDS), unique=True), max_size=4))
def test_whatever_is_found_speaks_for_imported_within_the_cap_and_the_reasons_add_up(photos: list[list[str]]) -> None:
    view = WritingView(StampReader(), priors_of(MARKS))
    listings = table([stamped(*marks) for marks in photos])
    (log_odds,), (evidence,) = view.log_odds(listings), view.explain(listings)
    assert np.isnan(log_odds) == (evidence == [])
    if evidence:
        assert 0.0 < log_odds <= MOST + 1e-12
        assert sum(one.log_odds for one in evidence) == pytest.approx(log_odds, abs=1e-12)
        assert all(one.log_odds > 0.0 and one.source == "photo" for one in evidence)


def test_more_photos_than_are_looked_at_do_not_count(view: WritingView) -> None:
    listings = table([stamped(seed=seed) for seed in range(MOST_PHOTOS)] + [stamped("script.han")])
    assert np.isnan(view.log_odds(listings)).all()


def test_a_listing_has_the_same_bits_whatever_its_mates(view: WritingView) -> None:
    listings = table([stamped("script.han")], None, [stamped(), stamped(*IDS)], [b"broken"], [stamped("market.temu")])
    together = view.log_odds(listings)
    for at in range(len(listings)):
        np.testing.assert_array_equal(view.log_odds(listings[at]), together[at : at + 1])
    np.testing.assert_array_equal(view.log_odds(listings[::-1]), together[::-1])
    assert view.log_odds(listings[:0]).shape == (0,)


def test_what_is_no_evidence_is_noted(view: WritingView) -> None:
    listings = table(None, [stamped("script.han")], [stamped("contact.local")], [stamped(*NOTES)])
    assert [tuple(notes) for notes in view.noted(listings).notes] == [
        (), (), ("writing_contact",), ("writing_contact", "writing_marketplace"),
    ]  # fmt: skip


def test_a_view_without_a_reader_is_silent_and_notes_it_where_there_are_photos(blind: WritingView) -> None:
    listings = table([stamped(*IDS)], None, [b"broken"])
    assert np.isnan(blind.log_odds(listings)).all()
    assert blind.explain(listings) == [[], [], []]
    assert [tuple(notes) for notes in blind.noted(listings).notes] == [("writing_not_read",), (), ("writing_not_read",)]


def test_a_saved_view_scores_the_same_to_the_bit(view: WritingView, save_and_read: Callable[[State], State]) -> None:
    listings = table([stamped(*IDS)], [stamped("script.han")], None)
    loaded = WritingView.from_state(save_and_read(view.state()), StampReader())
    np.testing.assert_array_equal(loaded.log_odds(listings), view.log_odds(listings))
    assert loaded.explain(listings) == view.explain(listings)


def test_weights_are_found_by_name_and_an_unknown_mark_has_none(view: WritingView) -> None:
    state = State("writing", {}, {"weights": np.asarray([0.25, 0.75])}, {"marks": ["market.gone", "script.han"]})
    loaded = WritingView.from_state(state, StampReader())
    listings = table([stamped("script.han")], [stamped("market.wholesale")])
    np.testing.assert_array_equal(loaded.log_odds(listings), [0.75, np.nan])


def test_building_a_view_without_a_reader_says_what_to_install_once(
    view: WritingView, caplog: pytest.LogCaptureFixture
) -> None:
    WritingView.from_state(view.state(), StampReader())
    assert caplog.messages == []
    blind = WritingView.from_state(view.state(), NoImageEncoder())
    blind.log_odds(table([stamped("script.han")]))
    assert caplog.messages == [
        "signal 'writing': the extra 'ocr' expected, found it not installed; writing on photos is not read. "
        "Install it with: pip install 'umkm-classifier[ocr]'"
    ]


def test_few_labels_leave_the_priors_and_without_a_reader_there_is_no_view() -> None:
    listings = table(*[[stamped("script.han")]] * 20, *[None] * 20)
    y = np.repeat([0, 1], 20)
    (view,) = fit_writing(listings, y, np.ones(40), np.arange(40), StampReader())
    np.testing.assert_array_equal(view.weights, priors_of(MARKS))
    assert fit_writing(listings, y, np.ones(40), np.arange(40), NoImageEncoder()) == []


def test_labels_of_many_shops_that_contradict_a_mark_lower_its_weight_and_no_other() -> None:
    goods = ("kain batik", "baju koko", "sajadah", "tas kulit")
    rows = []
    for good in goods:
        for at in range(2 * FEWEST_SHOPS // 3):
            photos = [stamped("script.han", seed=at)] if at % 2 == 0 else []
            rows.append({"title": good, "photos": photos, "label": ("local", "imported")[at // 2 % 2]})
    listings = prepare(rows)[0]
    y = listings.is_imported.astype(np.int64)
    (view,) = fit_writing(listings, y, np.ones(len(y)), np.arange(len(y)), StampReader())
    weights = dict(zip(IDS, view.weights.tolist(), strict=True))
    assert 0.0 <= weights["script.han"] < 0.75
    assert {name: value for name, value in weights.items() if name != "script.han"} == {
        name: prior for name, prior in PRIOR.items() if name != "script.han"
    }
