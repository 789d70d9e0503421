"""What tests of whole models share: a small market, and models trained on it once a session."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.bundle import About, save_bundle
from umkm_classifier.config import TrainConfig, dump_config
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.evaluation.evaluate import row_hashes
from umkm_classifier.listings.table import read
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.simulate.market import Market, simulate
from umkm_classifier.simulate.write import LISTINGS_FILE, write
from umkm_classifier.train import train

ROWS = 160
# Words of no language. Every description ends with eight of them in an order of its own: a run that a bundle kept
# would be known at sight.
INVENTED = (
    "brelko", "dunvi", "farpo", "gulmex", "hestri", "jukvan", "kelbor", "limzu", "morfex", "nelgri", "pisko", "quarno",
)  # fmt: skip
SMALL = {"folds": 2, "facts_bags": 1, "facts_trees": 10, "facts_forest": 10, "words_most": 3000, "track": False,
    # so few shops show no promise; costs let something be decided
    "cost_local_flagged": 1.0, "cost_imported_passed": 1.0, "cost_review": 0.9, "on_unsupported_good": "decide",
}  # fmt: skip


def small_config(**changes: Any) -> TrainConfig:
    """A config that trains in two seconds."""
    return TrainConfig(**{"signals": ("words", "facts"), **SMALL, **changes})


@functools.cache
def folder() -> Path:
    """A folder that is gone after the session."""
    made = tempfile.mkdtemp(prefix="umkm-small-models-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


@functools.cache
def market_file(rows: int = ROWS, seed: int = 5) -> Path:
    """The table that the models below learned from."""
    market = simulate(rows, seed)
    dice = random.Random(seed)
    records = [
        {**record, "description": f"{record['description']} {' '.join(dice.sample(INVENTED, 8))}".strip()}
        for record in market.records
    ]
    write(Market(records, market.truth), folder() / f"market-{rows}-{seed}")
    return folder() / f"market-{rows}-{seed}" / LISTINGS_FILE


def fitted(config: TrainConfig) -> OriginModel:
    """A model of the market in which every view has a say, whatever so few rows made of the weights."""
    listings, _ = read(market_file())
    model = fit_model(listings, config, CachedEncoder(text_encoder(config.text_encoder)))
    weights = np.full(len(model.views), 0.5)
    return dataclasses.replace(model, fusion=dataclasses.replace(model.fusion, weights=weights, elsewhere=weights))


def about(config: TrainConfig, **changes: Any) -> About:
    """What the bundles below say of themselves."""
    listings, _ = read(market_file())
    return About(dump_config(config), "# small\n", "f" * 64, row_hashes(listings), **changes)


@functools.cache
def plain_bundle() -> Path:
    """A model of words and facts."""
    save_bundle(fitted(small_config()), folder() / "plain", about(small_config()))
    return folder() / "plain"


@functools.cache
def meaning_bundle() -> Path:
    """A model of words, facts and meaning."""
    config = small_config(signals=("words", "meaning", "facts"))
    save_bundle(fitted(config), folder() / "meaning", about(config))
    return folder() / "meaning"


@functools.cache
def adapted_bundle() -> Path:
    """A model adapted to another market from ``plain_bundle``."""
    return train(market_file(100, 6), folder() / "adapted", config=small_config(), base=plain_bundle()).bundle


def copy_of(bundle: Path, place: Path) -> Path:
    """A bundle to spoil."""
    return Path(shutil.copytree(bundle, place / "spoilt"))


def manifest_of(bundle: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    return found


def sign(bundle: Path, changes: Mapping[str, Any] | None = None) -> None:
    """Make a manifest whole again over whatever now lies in the folder, as somebody would who means harm."""
    manifest = {**manifest_of(bundle), **(changes or {})}
    names = sorted(path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file())
    manifest["files"] = {
        name: hashlib.sha256((bundle / name).read_bytes()).hexdigest() for name in names if name != "manifest.json"
    }
    del manifest["sha256"]
    manifest["sha256"] = hashlib.sha256(_json(manifest)).hexdigest()
    (bundle / "manifest.json").write_bytes(_json(manifest))


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def files_below(place: Path) -> dict[str, bytes]:
    """Content of every file below a folder."""
    files = [path for path in sorted(place.rglob("*")) if path.is_file()]
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}
