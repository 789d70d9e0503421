"""The model that the package brings: small, the same each time, honest in its card, and without the text it read."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import umkm_classifier as umkm
from tests.small_models import SMALL, files_below
from umkm_classifier.config import TrainConfig, load_config
from umkm_classifier.evaluation.evaluate import fingerprint
from umkm_classifier.listings.listing import Listings, concatenate
from umkm_classifier.listings.table import read
from umkm_classifier.serving.predictor import STARTER, Predictor

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "models" / "starter"
MAKER = ROOT / "models" / "make_starter.py"
WORD = re.compile(r"\w+")
RUN = 6  # words in a row that are somebody's text
FEWEST = 3  # words of a title that is one: 'kaos polos' is anybody's


@cache
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_starter", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def starter() -> Predictor:
    return umkm.load()


@pytest.fixture(scope="module")
def learned_from(real_data: Path) -> Listings:
    return concatenate([read(real_data / name / "listings.csv")[0] for name in ("blibli", "shopee")])


def strings(value: Any) -> Iterator[str]:
    """Every string in what JSON held, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def texts_of(folder: Path) -> list[str]:
    """All that could be read in a bundle: strings of JSON one by one, other files whole."""
    found: list[str] = []
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".json":
            found += strings(json.loads(file.read_text(encoding="utf-8")))
        elif file.is_file():
            found.append(file.read_bytes().decode("utf-8", errors="replace"))
    return found


def runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    """Words in a row, in small letters."""
    words = WORD.findall(text.lower())
    for at in range(len(words) - length + 1):
        yield tuple(words[at : at + length])


def kept_of(wanted: set[tuple[str, ...]], texts: list[str]) -> set[tuple[str, ...]]:
    """The word runs of ``wanted`` that stand in some text."""
    lengths = {len(one) for one in wanted}
    return {run for text in texts for length in lengths for run in runs(text, length) if run in wanted}


def test_it_lies_in_the_checkout_and_is_small() -> None:
    assert STARTER == FOLDER
    assert 1e5 < maker().size_of(FOLDER) <= maker().MOST_BYTES == 12_000_000


def test_it_answers_by_default(starter: Predictor) -> None:
    listing = umkm.Listing(title="Kain batik tulis", price="Rp450.000", shop_city="Surakarta")
    (answer,) = starter.predict([listing])
    assert (answer.status, answer.decision) == ("ok", "review")
    assert answer.p_imported is not None
    assert 0 < answer.p_imported < 1
    assert answer.reasons
    assert umkm.predict([listing]) == [answer]


def test_it_ranks_what_its_tables_teach(starter: Predictor) -> None:
    titles = ["Casing HP silikon import China", "Jam tangan digital LED", "Gamis katun produksi konveksi Bandung"]
    p = [answer.p_imported for answer in starter.predict([{"title": title} for title in titles])]
    assert p[2] is not None
    assert p[2] < min(one for one in p[:2] if one is not None)


@pytest.mark.parametrize(
    "title",
    ["Kain batik tulis Pekalongan", "Batik printing murah grosir", "Baju koko lengan panjang pria", "Baju koko bordir",
     "Sajadah turki tebal", "Sajadah travel lipat", "Tasbih kayu kokka 33 butir", "Tasbih digital"],
)  # fmt: skip
def test_a_person_decides_on_goods_of_which_no_imported_one_was_ever_labelled(starter: Predictor, title: str) -> None:
    for price in ("15000", "450000"):
        (answer,) = starter.predict([{"title": title, "price": price}])
        assert (answer.decision, answer.status) == ("review", "ok")
        assert "no_guarantee_for_good" in answer.notes


def test_its_card_says_on_what_how_good_and_on_what_not() -> None:
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.+)$", card, flags=re.MULTILINE)
    wanted = ["Learned from", "Not for", "Sources and licences", "How good it is", "What nobody knows of it"]
    assert [head for head in heads if head in wanted] == wanted
    for source in (
        "azrafebyy/dashboard-monitoring-produk-lokal, 4e75450",
        "BlueBeret/Tokopedia-Product-Scrapping, 1691587",
    ):
        assert source in card
    for label_source, n in (("brand_country", 1585), ("negara_asal", 113), ("dikirim_dari", 8)):
        assert f"| {label_source} | {n} |" in card
    figure = r"0\.\d{3} \[0\.\d{3}, (0|1)\.\d{3}\]"
    assert re.search(rf"trained on blibli alone, asked about shopee \| 121 \(28\) \| {figure} \|", card)
    assert re.search(rf"5 folds of both tables \| 1706 \(469\) \| {figure} \|", card)
    assert "| – of these, label source `dikirim_dari` | 8 (8) | – | – |" in card


def test_its_settings_are_those_of_the_script_that_makes_it() -> None:
    assert load_config(FOLDER / "config.toml") == maker().CONFIG
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["signals"]) == {"words", "facts", "cues"}


def test_it_was_trained_on_the_tables_that_are_named(learned_from: Listings) -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["data_fingerprint"] == fingerprint(learned_from)


def test_no_title_and_no_run_of_words_that_it_read_is_inside(learned_from: Listings) -> None:
    titles = {tuple(WORD.findall(title.lower())) for title in learned_from.column("title")}
    titles = {title for title in titles if len(title) >= FEWEST}
    columns = [learned_from.column(name) for name in ("title", "description")]
    written = {run for column in columns for text in column for run in runs(text, RUN)}
    written = {run for run in written if any(len(word) > 4 for word in run)}  # 's m l xl xxl xxxl' is nobody's text
    assert len(titles) > 1_500
    assert len(written) > 40_000
    texts = texts_of(FOLDER)
    assert kept_of(titles, texts) == set()
    assert kept_of(written, texts) == set()
    # as bytes too, wherever they may lie
    files = [content.lower() for content in files_below(FOLDER).values()]
    raw = {title.lower().encode() for title in learned_from.column("title") if len(WORD.findall(title)) >= FEWEST}
    assert [title for title in raw if any(title in content for content in files)] == []


def test_a_text_that_was_kept_would_be_found(learned_from: Listings) -> None:
    title = next(title for title in learned_from.column("title") if len(WORD.findall(title)) > RUN)
    wanted = {next(runs(title, RUN))}
    assert kept_of(wanted, [json.dumps({"a": title.upper()})]) == wanted


def test_no_shop_of_two_words_is_named_inside(learned_from: Listings) -> None:
    names = {tuple(WORD.findall(name.lower())) for name in learned_from.column("shop_name")}
    vocabularies = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
    learned = [gram for name, grams in vocabularies.items() if not name.startswith("cues") for gram in grams]
    assert kept_of({name for name in names if len(name) >= 2}, learned) == set()


@pytest.mark.slow
def test_two_runs_write_the_same_bytes(real_data: Path, tmp_path: Path) -> None:
    config = TrainConfig(**maker().CONFIG.model_dump() | SMALL)
    for name in ("one", "two"):
        maker().make(real_data, tmp_path / name / "starter", config)
    one, two = (files_below(tmp_path / name) for name in ("one", "two"))
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []
    assert tomllib.loads((tmp_path / "one/starter/config.toml").read_text(encoding="utf-8"))["facts_trees"] == 10
    assert np.isfinite(float(umkm.load(tmp_path / "one/starter").predict([{"title": "Kain"}])[0].p_imported or np.nan))
