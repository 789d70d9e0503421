from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.colour_encoder import ColourEncoder
from umkm_classifier.encoders.image import NoImageEncoder, image_encoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.listings.listed_photo import rooted
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import open_photo
from umkm_classifier.listings.photos import MOST_PHOTOS
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.looks import LooksView, fit_looks
from umkm_classifier.signals.signal import Evidence, State

ENCODER = ColourEncoder()
WARM, COLD = (200, 140, 90), (90, 140, 200)


def photo_of(colour: tuple[int, int, int], seed: int, box: tuple[int, int, int, int] | None = None) -> bytes:
    """A grainy photo of one colour; or grey all over with a box, in quarters, of that colour."""
    grain = np.random.default_rng(seed).integers(-30, 31, (64, 64, 3))
    pixels = np.full((64, 64, 3), colour if box is None else 128) + grain
    if box is not None:
        left, top, right, bottom = (16 * at for at in box)
        pixels[top:bottom, left:right] = colour
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def table(*photos: object) -> Listings:
    return prepare([{"title": "kain", "photos": cell} for cell in photos])[0]


def market(size: int, seed: int = 0) -> tuple[Listings, np.ndarray]:
    """Listings of one to three photos: warm where local, cold where imported, and a fifth the other way round."""
    numbers = np.random.default_rng(seed)
    y = numbers.permutation(np.arange(size) % 3 == 0).astype(np.int64)
    cells = []
    for imported in y:
        looks_cold = bool(imported) != (numbers.random() < 0.2)
        count = int(numbers.integers(1, 4))
        cells.append([photo_of(COLD if looks_cold else WARM, int(numbers.integers(1 << 30))) for _ in range(count)])
    return table(*cells), y


def learn(size: int = 90) -> LooksView:
    listings, y = market(size)
    (view,) = fit_looks(listings, y, np.ones(size), ENCODER)
    return view


@pytest.fixture(scope="module")
def view() -> LooksView:
    return learn()


@pytest.fixture(scope="module")
def unseen() -> Listings:
    """Listings of another market, and odd ones: no photo, a broken one, a broken one among good ones, twelve."""
    listings, _ = market(20, seed=1)
    warm, cold = photo_of(WARM, 1), photo_of(COLD, 2)
    return table(*listings.column("photos"), None, [b"broken"], [b"broken", warm, cold], [cold] * 12)


def mean_vectors(listings: Listings) -> np.ndarray:
    rows = []
    for photos in listings.column("photos"):
        opened = [open_photo(photo, at_least=32).pixels for photo in photos[:MOST_PHOTOS] if photo != b"broken"]
        rows.append(ENCODER.encode(opened).astype(np.float64).mean(axis=0) if opened else np.full(12, np.nan))
    return np.stack(rows)


def test_scores_are_those_of_scikit_learn_without_the_prior(unseen: Listings) -> None:
    from sklearn.linear_model import LogisticRegression

    listings, y = market(90)
    weights = np.random.default_rng(2).uniform(0.5, 2.0, 90)
    vectors = mean_vectors(listings)
    centre = vectors.mean(axis=0)
    spread = np.sqrt(((vectors - centre) ** 2).sum() / 90)
    twin = LogisticRegression(C=0.5, max_iter=2000).fit((vectors - centre) / spread, y, sample_weight=weights)
    asked = mean_vectors(unseen)
    has_photo = ~np.isnan(asked[:, 0])
    share = weights[y == 1].sum() / weights.sum()
    expected = np.full(len(unseen), np.nan)
    expected[has_photo] = twin.decision_function((asked[has_photo] - centre) / spread) - np.log(share / (1.0 - share))
    (view,) = fit_looks(listings, y, weights, ENCODER, looks_c=0.5)
    np.testing.assert_allclose(view.log_odds(unseen), expected, rtol=0, atol=1e-9)


def test_it_learns_what_the_photos_show(view: LooksView) -> None:
    from sklearn.metrics import roc_auc_score

    listings, y = market(120, seed=5)
    assert roc_auc_score(y, view.log_odds(listings)) > 0.7
    warm, cold = view.log_odds(table([photo_of(WARM, 7)], [photo_of(COLD, 7)]))
    assert warm < -0.5
    assert cold > 0.5


def test_nothing_is_learned_from_shuffled_labels() -> None:
    listings, y = market(120)
    (view,) = fit_looks(listings, np.random.default_rng(3).permutation(y), np.ones(120), ENCODER)
    assert abs(view.log_odds(table([photo_of(WARM, 7)], [photo_of(COLD, 7)]))).max() < 0.5


def test_a_listing_without_a_readable_photo_gets_silence(view: LooksView) -> None:
    listings = table(None, [b"broken"], [b"broken", photo_of(WARM, 1)], "https://example.org/a.jpg")
    assert np.isnan(view.log_odds(listings)).tolist() == [True, True, False, True]
    assert [bool(evidence) for evidence in view.explain(listings)] == [False, False, True, False]


def test_a_broken_photo_changes_nothing_about_the_others(view: LooksView) -> None:
    warm, cold = photo_of(WARM, 1), photo_of(COLD, 2)
    together, alone = view.log_odds(table([b"broken", warm, cold], [warm, cold]))
    assert together == alone


def test_a_listing_says_the_mean_of_what_its_photos_say(view: LooksView) -> None:
    warm, cold = photo_of(WARM, 1), photo_of(COLD, 2)
    one, other, both, twice = view.log_odds(table([warm], [cold], [warm, cold], [warm, warm]))
    assert both == pytest.approx((one + other) / 2, abs=1e-12)
    assert twice == pytest.approx(one, abs=1e-12)


def test_more_photos_than_are_looked_at_do_not_count(view: LooksView) -> None:
    warm, cold = photo_of(WARM, 1), photo_of(COLD, 2)
    few, many = view.log_odds(table([warm] * MOST_PHOTOS, [warm] * MOST_PHOTOS + [cold] * 5))
    assert few == many


def test_the_reasons_add_up_to_the_log_odds(view: LooksView, unseen: Listings) -> None:
    log_odds = view.log_odds(unseen)
    rows = [*enumerate(view.explain(unseen)), *enumerate(view.explain_boxes(unseen))]
    for row, evidence in rows:
        if np.isnan(log_odds[row]):
            assert evidence == []
            continue
        assert sum(one.log_odds for one in evidence) == pytest.approx(log_odds[row], abs=1e-9)
        assert evidence[0] == Evidence("base", "looks.photos", view.bias)
        assert {one.source for one in evidence[1:]} == {"photo"}
        assert len({one.what for one in evidence}) == len(evidence)


def test_boxes_are_looked_for_only_where_they_are_asked_for(view: LooksView) -> None:
    ((_, whole),) = view.explain(table([photo_of((0, 60, 255), 4, (0, 0, 1, 1))]))
    ((_, *parts),) = view.explain_boxes(table([photo_of((0, 60, 255), 4, (0, 0, 1, 1))]))
    assert (whole.source, whole.what) == ("photo", "photo 1")
    assert sum(part.log_odds for part in parts) == pytest.approx(whole.log_odds, abs=1e-12)


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (2, 1, 3, 2), (3, 3, 4, 4)])
def test_the_box_lies_where_the_colour_is(view: LooksView, box: tuple[int, int, int, int]) -> None:
    (evidence,) = view.explain_boxes(table([photo_of((0, 60, 255), 4, box)]))
    strongest = max(evidence, key=lambda one: one.log_odds)
    assert strongest.what == f"photo 1 [box {','.join(map(str, box))}]"
    assert strongest.log_odds > 0


def test_boxes_speak_for_local_too_and_all_one_way(view: LooksView) -> None:
    (evidence,) = view.explain_boxes(table([photo_of((255, 100, 0), 4, (1, 1, 3, 3))]))
    boxes = [one for one in evidence if "box" in one.what]
    inside = {f"photo 1 [box {x},{y},{x + 1},{y + 1}]" for x in (1, 2) for y in (1, 2)}
    assert len(boxes) == 3
    assert {one.what for one in boxes} < inside
    assert all(one.log_odds < 0 for one in evidence[1:])


def test_only_the_strongest_photo_gets_boxes_and_photos_keep_their_numbers(view: LooksView) -> None:
    faint, loud = photo_of((128, 128, 160), 1), photo_of((0, 60, 255), 4, (1, 1, 3, 2))
    (evidence,) = view.explain_boxes(table([b"broken", faint, loud]))
    whats = [one.what for one in evidence]
    assert whats[:2] == ["looks.photos", "photo 2"]
    assert set(whats[2:4]) == {"photo 3 [box 1,1,2,2]", "photo 3 [box 2,1,3,2]"}
    assert len([what for what in whats if "box" in what]) <= 3


def test_a_photo_that_vanishes_between_score_and_reason_is_one_reason(
    view: LooksView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(photo_of(COLD, 1))
    listings = rooted(table("a.png"), tmp_path)
    log_odds = view.log_odds(listings)[0]
    parts = view._parts(listings)
    (tmp_path / "a.png").unlink()
    monkeypatch.setattr(view, "_parts", lambda _: parts)
    ((base, photo),) = view.explain_boxes(listings)
    assert (base.what, photo.what) == ("looks.photos", "photo 1")
    assert base.log_odds + photo.log_odds == pytest.approx(log_odds, abs=1e-12)


def test_a_listing_has_the_same_bits_whatever_its_mates(view: LooksView, unseen: Listings) -> None:
    together = view.log_odds(unseen)
    for at in range(len(unseen)):
        np.testing.assert_array_equal(view.log_odds(unseen[at]), together[at : at + 1])
    np.testing.assert_array_equal(view.log_odds(unseen[::-1]), together[::-1])
    assert view.log_odds(unseen[:0]).shape == (0,)
    assert view.explain(unseen[:0]) == []


def test_a_saved_view_scores_the_same_to_the_bit(
    view: LooksView, unseen: Listings, save_and_read: Callable[[State], State]
) -> None:
    again = LooksView.from_state(save_and_read(view.state()), ENCODER)
    np.testing.assert_array_equal(again.log_odds(unseen), view.log_odds(unseen))
    assert again.explain(unseen[:3]) == view.explain(unseen[:3])


def test_a_saved_view_names_its_encoder_and_holds_numbers_alone(view: LooksView) -> None:
    state = view.state()
    assert state.kind == "looks"
    assert state.settings == {
        "offset": view.offset,
        "bias": view.bias,
        "encoder": "colour:12",
        "encoder_hash": ENCODER.hash,
    }
    assert {name: values.shape for name, values in state.arrays.items()} == {"coef": (12,)}
    assert state.words == {}


def test_a_cache_changes_no_bit_and_spares_the_encoder(unseen: Listings, tmp_path: Path) -> None:
    listings, y = market(60)
    (plain,) = fit_looks(listings, y, np.ones(60), ENCODER)
    encoder = ColourEncoder()
    (cached,) = fit_looks(listings, y, np.ones(60), CachedImageEncoder(encoder, tmp_path))
    np.testing.assert_array_equal(cached.log_odds(unseen), plain.log_odds(unseen))
    before = encoder.encoded
    cached.log_odds(listings)
    cached.log_odds(unseen)
    assert encoder.encoded == before


def test_without_an_encoder_there_is_no_view() -> None:
    listings, y = market(30)
    assert fit_looks(listings, y, np.ones(30), NoImageEncoder()) == []


@pytest.mark.parametrize(("n_imported", "learned"), [(4, 0), (5, 1)])
def test_fewer_than_five_rows_of_a_class_with_a_photo_leave_no_view(n_imported: int, learned: int) -> None:
    photos = [[photo_of(WARM, at)] for at in range(9)] + [[photo_of(COLD, at)] for at in range(n_imported)]
    listings = table(*photos, *[None] * 9, *[[b"broken"]] * 9)
    y = np.asarray([0] * 9 + [1] * (n_imported + 18))
    assert len(fit_looks(listings, y, np.ones(len(y)), ENCODER)) == learned


def test_photos_that_are_all_the_same_leave_a_view_that_says_nothing() -> None:
    listings = table(*[[photo_of(WARM, 1)]] * 20)
    (view,) = fit_looks(listings, np.arange(20) % 2, np.ones(20), ENCODER)
    np.testing.assert_allclose(view.log_odds(listings), 0.0, atol=1e-3)


def test_fault_24_a_table_whose_photos_are_all_missing_is_trained_on_without_them_and_says_so(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    listings = rooted(table(*["a.jpg;b.jpg"] * 12, *["../c.jpg"] * 3, None), tmp_path)
    with caplog.at_level(logging.WARNING):
        assert fit_looks(listings, np.arange(16) % 2, np.ones(16), ENCODER) == []
    assert caplog.messages == [
        "looks: photos that can be opened expected, found none in 27 (24 image_missing, 3 image_path_outside_root); "
        "training goes on without photos. Check the folder of photos."
    ]


def test_a_table_without_photos_or_with_some_is_no_reason_to_warn(caplog: pytest.LogCaptureFixture) -> None:
    fit_looks(table(None, None), np.asarray([0, 1]), np.ones(2), ENCODER)
    fit_looks(table([b"broken"], [photo_of(WARM, 1)]), np.asarray([0, 1]), np.ones(2), ENCODER)
    assert caplog.messages == []


@pytest.mark.slow
def test_the_default_encoder_learns_scores_explains_and_is_read_again(save_and_read: Callable[[State], State]) -> None:
    listings, y = market(30)
    encoder = image_encoder()
    (view,) = fit_looks(listings, y, np.ones(30), encoder)
    some = listings[:3]
    again = LooksView.from_state(save_and_read(view.state()), encoder)
    np.testing.assert_array_equal(again.log_odds(some), view.log_odds(some))
    for evidence, value in zip(view.explain_boxes(some[:1]), view.log_odds(some[:1]), strict=True):
        assert sum(one.log_odds for one in evidence) == pytest.approx(value, abs=1e-9)
    warm, cold = view.log_odds(table([photo_of(WARM, 70)], [photo_of(COLD, 70)]))
    assert warm < cold
