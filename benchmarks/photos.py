"""What photos add in simulated markets: ``python benchmarks/photos.py``; writes ``benchmarks/RESULTS.md``.

Trained on one market and tested on another, whose shops and photos are its own. Nothing here is tuned: settings are the
defaults of ``TrainConfig``, and the seeds are none of those by which the photos of the market were drawn up.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from results import RESULTS, figure, keep, mean_signed, signed, table_head

from umkm_classifier.config import SIGNALS, TrainConfig
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.paired import Difference, paired_difference
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.table import read
from umkm_classifier.model.encoders import image_encoder_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.simulate.market import simulate
from umkm_classifier.simulate.write import LISTINGS_FILE, write

ROWS = 800
SEEDS = (10, 11, 12)  # each is trained on and the next one tested on
TEXT_FIELDS = ("title", "description")
PHOTO_FIELDS = (*TEXT_FIELDS, "photos")
EMPTIED = ("category", "shop_name", "shop_city", "ships_from", "brand")
WORDS, TEXT, PHOTOS, BOTH, FUSION = "words", "text alone", "photos alone", "text and photos", "fusion"
JOINT, BOTH_JOINT, FUSION_JOINT = "joint alone", "text and photos, with joint", "fusion, with joint"
# signals, and the fields that they are shown; None: all
MODELS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    WORDS: (("words",), None),
    TEXT: (("words", "meaning", "cues"), TEXT_FIELDS),
    BOTH: (("words", "meaning", "cues", "looks"), PHOTO_FIELDS),
    BOTH_JOINT: (("words", "meaning", "cues", "looks", "joint"), PHOTO_FIELDS),
    FUSION: (SIGNALS, None),
    FUSION_JOINT: ((*SIGNALS, "joint"), None),
}
ALONE = {PHOTOS: "looks.photos", JOINT: "joint.listing"}  # views of the last one
HEAD = (WORDS, TEXT, PHOTOS, JOINT, BOTH, BOTH_JOINT, FUSION, FUSION_JOINT)
P = dict[str, NDArray[np.float64]]


def main() -> None:
    """Draw the markets, run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        markets = [drawn(given.rows, seed, Path(place) / str(seed)) for seed in SEEDS]
        tests = [markets[(at + 1) % len(SEEDS)] for at in range(len(SEEDS))]
        found = [scored(*pair, seed) for *pair, seed in zip(markets, tests, SEEDS, strict=True)]
    keep("photos", "\n".join(report(tests, found, given.rows, time.perf_counter() - started)), given.out)


def drawn(rows: int, seed: int, folder: Path) -> Listings:
    """Simulate a market with photos."""
    write(simulate(rows, seed), folder, photos=True)
    return read(folder / LISTINGS_FILE)[0]


def scored(train: Listings, test: Listings, seed: int) -> P:
    """Return each method's probabilities of ``imported`` for the rows of ``test``."""
    p: P = {}
    text = CachedEncoder(text_encoder("use"))
    for name, (signals, shown) in MODELS.items():
        started = time.perf_counter()
        config = TrainConfig(seed=seed, signals=signals)
        learned_from, asked = (rows if shown is None else only(rows, shown) for rows in (train, test))
        encoders = Encoders(text, image_encoder_for(learned_from, config))
        model = fit_model(learned_from, config, encoders)
        columns = model.columns(asked)
        p[name] = model.calibration.probability(model.fused(asked, columns))
        if name == FUSION_JOINT:
            p |= {
                alone: 1.0 / (1.0 + np.exp(-np.nan_to_num(columns[:, model.fusion.names.index(view)])))
                for alone, view in ALONE.items()
            }
        print(f"seed {seed}, {name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return p


def only(listings: Listings, shown: tuple[str, ...]) -> Listings:
    """Return the rows with all fields empty but some."""
    nothing = np.full(len(listings), "", dtype=object)
    gone: dict[str, object] = dict.fromkeys(EMPTIED, nothing)
    gone["price_idr"] = np.full(len(listings), np.nan)
    gone["attributes"] = np.asarray([{} for _ in range(len(listings))], dtype=object)
    if "photos" not in shown:
        gone["photos"] = _of_nothing(len(listings))
    return listings.replace(**gone)


def _of_nothing(n: int) -> NDArray[np.object_]:
    column = np.empty(n, dtype=object)
    for row in range(n):
        column[row] = ()
    return column


def better(listings: Listings, p: P, names: tuple[str, ...]) -> str:
    """Return which method ranks these rows best: chosen on the test rows, in its favour."""
    return max(names, key=lambda name: float(measure(listings, p[name], redraws=0)["roc_auc"]))


def report(tests: list[Listings], found: list[P], rows: int, seconds: float) -> Iterable[str]:
    """Write what was found."""
    yield "## Photos in simulated markets\n"
    yield f"{rows} simulated listings with photos a seed, trained on one seed's market, tested on another's: other"
    yield "shops, other photos. AUC and its 95 % interval over 1,000 redraws of shops. The figures say that the parts"
    yield "work together, and nothing about real photos. `text alone`: words, meaning and cues, shown title and"
    yield "description; `photos alone`: looks; `fusion`: the default signals, shown all fields. A positive difference"
    yield "is a gain.\n"
    names = [f"{seed} → {SEEDS[(at + 1) % len(SEEDS)]}" for at, seed in enumerate(SEEDS)]
    yield table_head("method", (*names, "mean AUC"))
    for method in HEAD:
        mean = np.mean([measure(rows_, p[method], redraws=0)["roc_auc"] for rows_, p in zip(tests, found, strict=True)])
        cells = " | ".join(figure(rows_, p[method]) for rows_, p in zip(tests, found, strict=True))
        yield f"| {method} | {cells} | {mean:.3f} |"
    yield "\nPaired over shops; the better of two is chosen on the test rows, seed by seed:\n"
    yield table_head("difference", (*names, "mean of seeds"))
    for a, others in (
        (BOTH, (TEXT, PHOTOS)),
        (FUSION, (TEXT, PHOTOS)),
        (FUSION, (WORDS, PHOTOS)),
        (BOTH_JOINT, (BOTH,)),
        (FUSION_JOINT, (FUSION,)),
        (JOINT, (BOTH,)),
    ):
        yield _differences(a, others, tests, found)
    yield f"\nWhole run: {seconds:.0f} s."


def _differences(a: str, others: tuple[str, ...], tests: list[Listings], found: list[P]) -> str:
    differences: list[Difference] = [
        paired_difference(listings, p[a], p[better(listings, p, others)], "roc_auc")
        for listings, p in zip(tests, found, strict=True)
    ]
    said = others[0] if len(others) == 1 else f"the better of {' and '.join(others)}"
    return f"| {a} less {said} | {' | '.join(map(signed, differences))} | {mean_signed(differences)} |"


if __name__ == "__main__":
    main()
