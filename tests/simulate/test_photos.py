from __future__ import annotations

import io
from collections import Counter, defaultdict
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from umkm_classifier.simulate.edits import EDITS
from umkm_classifier.simulate.market import Market, simulate
from umkm_classifier.simulate.photos import Shown, draw, jpeg, plan

SEEDS = (0, 1, 2)


@cache
def market(rows: int, seed: int) -> Market:
    return simulate(rows, seed)


@cache
def planned(rows: int, seed: int) -> list[list[Shown]]:
    return plan(market(rows, seed))


def shown_by(rows: int, seed: int) -> list[tuple[dict[str, str], Shown]]:
    pairs = zip(market(rows, seed).truth, planned(rows, seed), strict=True)
    return [(truth, photo) for truth, photos in pairs for photo in photos]


def kind_of(photo: Shown) -> str:
    return photo.kind.partition(":")[0]


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 60), seed=st.integers(0, 2**31 - 1))
def test_every_market_has_none_to_three_photos_a_listing_and_each_a_name_of_its_own(rows: int, seed: int) -> None:
    simulated = simulate(rows, seed)
    before = [dict(record) for record in simulated.records]
    photos = plan(simulated)
    assert simulated.records == before
    assert photos == plan(simulated)
    for truth, row in zip(simulated.truth, photos, strict=True):
        assert [photo.path for photo in row] == [f"photos/{truth['id']}-{n}.jpg" for n in range(1, len(row) + 1)]
        assert len(row) <= 3
        assert {kind_of(photo) for photo in row} <= {"own", "catalogue", "stolen", "placeholder"}
        assert all(set(photo.copy_edits) <= set(EDITS) for photo in row)
        assert all((photo.picture is None) == (photo.kind == "placeholder") for photo in row)


def test_another_seed_gives_other_photos() -> None:
    assert planned(60, 0) != plan(Market(market(60, 0).records, market(60, 0).truth, 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_some_listings_show_nothing_and_that_tells_nothing(seed: int) -> None:
    truth, photos = market(2000, seed).truth, planned(2000, seed)
    empty = {
        seller: np.mean([not row for row, t in zip(photos, truth, strict=True) if t["seller"] == seller])
        for seller in ("maker", "reseller")
    }
    assert 0.05 < min(empty.values()) <= max(empty.values()) < 0.12
    counts = Counter(map(len, photos))
    assert counts[1] > counts[2] > counts[3] > 300


@pytest.mark.parametrize("seed", SEEDS)
def test_suppliers_pictures_hang_in_several_shops_most_of_them_resellers(seed: int) -> None:
    hung: dict[str, set[str]] = defaultdict(set)
    sellers: Counter[str] = Counter()
    for truth, photo in shown_by(800, seed):
        if kind_of(photo) == "catalogue":
            hung[photo.kind].add(truth["shop_id"])
            sellers[truth["seller"]] += 1
    assert sum(len(shops) >= 2 for shops in hung.values()) >= 15
    assert max(map(len, hung.values())) >= 4
    assert sellers["reseller"] > 4 * sellers["maker"] > 0


def test_whoever_names_a_suppliers_picture_shows_that_picture_edited_in_a_way_of_his_own() -> None:
    pictures: dict[str, list[Shown]] = defaultdict(list)
    for _, photo in shown_by(800, 0):
        if kind_of(photo) == "catalogue":
            pictures[photo.kind].append(photo)
    assert all(len({repr(photo.picture) for photo in copies}) == 1 for copies in pictures.values())
    copies = max(pictures.values(), key=len)
    assert len({(photo.copy_edits, photo.stream) for photo in copies}) == len(copies)
    edited = [bool(photo.copy_edits) for group in pictures.values() for photo in group]
    assert 0.7 < np.mean(edited) < 0.9


@pytest.mark.parametrize("seed", SEEDS)
def test_only_resellers_steal_and_only_what_hung_in_another_shop_before(seed: int) -> None:
    simulated = market(2000, seed)
    by_path = {photo.path: photo for _, photo in shown_by(2000, seed)}
    rows = {truth["id"]: row for row, truth in enumerate(simulated.truth)}
    stolen = [(truth, photo) for truth, photo in shown_by(2000, seed) if kind_of(photo) == "stolen"]
    assert len(stolen) > 20
    for truth, photo in stolen:
        original = by_path[photo.kind.removeprefix("stolen:")]
        owner = rows[original.path.removeprefix("photos/").partition("-")[0]]
        thief = rows[truth["id"]]
        assert original.kind == "own"
        assert original.picture == photo.picture
        assert (truth["seller"], simulated.truth[owner]["seller"]) == ("reseller", "maker")
        assert truth["good"] == simulated.truth[owner]["good"]
        assert truth["shop_id"] != simulated.truth[owner]["shop_id"]
        days = [simulated.records[row]["listed_at"] for row in (owner, thief)]
        assert not all(days) or days[0] <= days[1]


def test_no_listing_shows_one_picture_twice() -> None:
    for row in planned(2000, 0):
        copied = [photo.kind for photo in row if kind_of(photo) in ("catalogue", "stolen")]
        assert len(copied) == len(set(copied))


def test_a_copy_without_edits_is_the_original_to_the_point_and_one_with_edits_is_not() -> None:
    by_path = {photo.path: photo for _, photo in shown_by(2000, 0)}
    stolen = [photo for photo in by_path.values() if kind_of(photo) == "stolen"]
    plain = next(photo for photo in stolen if not photo.copy_edits)
    edited = next(photo for photo in stolen if photo.copy_edits)
    assert jpeg(plain) == jpeg(by_path[plain.kind.removeprefix("stolen:")])
    assert jpeg(edited) != jpeg(by_path[edited.kind.removeprefix("stolen:")])


@pytest.mark.parametrize("seed", SEEDS)
def test_sellers_lean_to_scenes_materials_and_captions_and_no_lean_is_a_rule(seed: int) -> None:
    seen: dict[str, Counter[str]] = {"maker": Counter(), "reseller": Counter()}
    for truth, photo in shown_by(2000, seed):
        if photo.kind == "own":
            assert photo.picture is not None
            seen[truth["seller"]].update([photo.picture.scene, photo.picture.product.style.kind, "all"])
            seen[truth["seller"]]["chinese"] += photo.picture.caption > "\u3000"
    leans = {"cloth": 1, "snap": 1, "packshot": -1, "collage": -1, "wax": 1, "natural": 1, "print": -1, "gloss": -1}
    for name, lean in {**leans, "chinese": -1}.items():
        maker, reseller = (seen[seller][name] / seen[seller]["all"] for seller in ("maker", "reseller"))
        assert (maker - reseller) * lean > 0.04, name
        assert min(maker, reseller) > 0, name


@pytest.mark.parametrize("seed", SEEDS)
def test_a_poor_camera_and_a_shop_sign_are_as_common_with_makers_as_with_resellers(seed: int) -> None:
    seen: dict[str, Counter[str]] = {"maker": Counter(), "reseller": Counter()}
    for truth, photo in shown_by(2000, seed):
        if photo.kind == "own":
            assert photo.picture is not None
            seen[truth["seller"]].update([photo.picture.habit.camera, photo.picture.habit.sign or "no sign", "all"])
    for name in ("good", "fair", "poor", "no sign", "frame", "watermark", "logo"):
        maker, reseller = (seen[seller][name] / seen[seller]["all"] for seller in ("maker", "reseller"))
        assert abs(maker - reseller) < 0.08, name


def test_a_photo_is_a_small_jpeg_and_the_same_whenever_it_is_drawn() -> None:
    longest = []
    for _, photo in shown_by(25, 0):
        file = jpeg(photo)
        assert file == jpeg(photo)
        with Image.open(io.BytesIO(file)) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert 180 <= min(image.size) <= max(image.size) <= 480
            longest.append(max(image.size))
    assert np.median(longest) == 480


def test_the_placeholder_is_one_file_in_whichever_shop() -> None:
    found = [(truth["shop_id"], photo) for truth, photo in shown_by(2000, 0) if photo.kind == "placeholder"]
    assert len({shop for shop, _ in found}) > 5
    assert len({jpeg(photo) for _, photo in found}) == 1


def test_photos_of_one_listing_show_the_same_product() -> None:
    for row in planned(200, 0):
        own = [photo.picture for photo in row if photo.kind == "own" and photo.picture is not None]
        assert len({repr(picture.product) for picture in own}) <= 1
        assert len({picture.stream for picture in own}) == len(own)


def looks(photo: Image.Image) -> np.ndarray:
    """Return what a simple eye sees: coarse colours, a histogram of colours, directions and strengths of edges."""
    coarse = np.asarray(photo.resize((8, 8), Image.Resampling.BOX), dtype=np.float64).ravel() / 255
    levels = np.asarray(photo.resize((128, 128), Image.Resampling.BILINEAR)).astype(int) // 64 @ [16, 4, 1]
    colours = np.sqrt(np.bincount(levels.ravel(), minlength=64) / levels.size)
    down, across = np.gradient(np.asarray(photo.convert("L").resize((256, 256)), dtype=np.float64))
    strength, turn = np.hypot(across, down), (np.arctan2(down, across) % np.pi / np.pi * 8).astype(int) % 8
    place = (np.arange(256) // 64)[:, None] * 4 + (np.arange(256) // 64)
    edges = np.log1p(np.bincount((place * 8 + turn).ravel(), weights=strength.ravel(), minlength=128) / 4096)
    sharp = np.sqrt(np.bincount(np.minimum(strength.ravel() // 4, 15).astype(int), minlength=16) / strength.size)
    return np.concatenate([coarse, colours, edges, sharp])


@pytest.mark.slow
def test_photos_alone_tell_much_but_not_all_even_to_a_simple_eye() -> None:
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = [row for row, photos in enumerate(planned(800, 0)) if photos]
    seen = np.stack([np.mean([looks(draw(photo)) for photo in planned(800, 0)[row]], axis=0) for row in rows])
    y = np.asarray([market(800, 0).records[row]["label"] == "imported" for row in rows]).astype(int)
    shops = [market(800, 0).records[row]["shop_id"] for row in rows]
    model = make_pipeline(StandardScaler(), PCA(60, random_state=0), LogisticRegression(C=0.01))
    scores = cross_val_predict(model, seen, y, groups=shops, cv=GroupKFold(5), method="decision_function")
    assert 0.75 < roc_auc_score(y, scores) < 0.93
