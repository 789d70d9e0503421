"""What the image encoder knows of real photos, and what a model of a simulated market makes of a real maker's.

``python benchmarks/probe.py --data DIR``; writes ``benchmarks/RESULTS.md``.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from results import RESULTS, keep, table_head

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import image_encoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.listings.photo import open_photo, perceptual_hash
from umkm_classifier.listings.table import read
from umkm_classifier.model.encoders import image_encoder_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.simulate.market import simulate
from umkm_classifier.simulate.write import LISTINGS_FILE, write

ENCODERS = ("efficientnet-lite2",)
SEEDS = (0, 1, 2)
ROWS = 800
SAME_BITS = 48  # of 256: photos of the motif set that differ by fewer are copies of each other
REDRAWS = 1_000
FloatArray = NDArray[np.float64]


def main() -> None:
    """Run both and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    keep("probe", "\n".join([*probes(given.data), "", *speed(given.data), "", *paoman(given.data)]), given.out)


def probes(data: Path) -> Iterator[str]:
    """Yield the part about the encoder."""
    yield "## What the image encoder knows\n"
    yield "Logistic regression on frozen vectors (C 1, classes weighed alike), nothing tuned. Shopee: 84 photos, two of"
    yield "each of 42 classes; each is asked with itself left out, so that one photo of its class is learned from."
    yield "Motifs: cloth crops asked in five folds, copies of a picture in one fold. Accuracy, and its 95 % interval"
    yield "over 1,000 redraws.\n"
    yield table_head("photos", ("n", "classes", "by chance", *ENCODERS))
    for name, files, labels in (shopee(data), motifs(data)):
        groups = copies(files)
        found = [right(vectors_of(encoder, files), labels, groups, by_photo=name == "Shopee") for encoder in ENCODERS]
        chance = max(Counter(labels).values()) / len(labels)
        cells = " | ".join(interval(one) for one in found)
        yield f"| {name} | {len(files)} | {len(set(labels))} | {chance:.3f} | {cells} |"


def shopee(data: Path) -> tuple[str, list[Path], list[str]]:
    files = sorted((data / "photos" / "shopee").iterdir())
    return "Shopee", files, [file.name.split("_")[2] for file in files]


def motifs(data: Path) -> tuple[str, list[Path], list[str]]:
    files = sorted((data / "photos" / "batik_motif").iterdir())
    names = [file.name.removeprefix("dataset_batik_baseline_").split("_", 1)[1] for file in files]
    return "batik motifs", files, ["Mix" if name.startswith("Mix") else name.split("_")[0] for name in names]


def copies(files: Sequence[Path]) -> NDArray[np.int64]:
    """Give photos that are copies of each other, by their perceptual hash, the same number."""
    hashes = np.stack([perceptual_hash(open_photo(file, at_least=64).pixels) for file in files])
    group = np.arange(len(files))
    for one, other in zip(*np.triu_indices(len(files), 1), strict=True):
        if np.bitwise_count(hashes[one] ^ hashes[other]).sum() < SAME_BITS:
            group[group == group[other]] = group[one]
    return group


def vectors_of(name: str, files: Sequence[Path]) -> NDArray[np.float32]:
    vectors, codes = CachedImageEncoder(image_encoder(name)).encode_photos(files)
    if any(codes):
        raise SystemExit(f"photos that can be opened expected, found {Counter(codes)}")
    return vectors


def right(
    vectors: NDArray[np.float32], labels: Sequence[str], groups: NDArray[np.int64], *, by_photo: bool
) -> NDArray[np.bool_]:
    """Return whether each photo's class was told by a model that saw none of its copies."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, LeaveOneOut, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(with_std=False), LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000)
    )
    scaled = vectors / np.linalg.norm(vectors, axis=1).mean() * 10
    folds = LeaveOneOut() if by_photo else GroupKFold(5, shuffle=True, random_state=0)
    told = cross_val_predict(model, scaled, np.asarray(labels), cv=folds, groups=groups)
    return np.asarray(told == np.asarray(labels))


def interval(values: NDArray[np.bool_]) -> str:
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(REDRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def speed(data: Path) -> Iterator[str]:
    """Yield the part about time: every photo as a JPEG of 800 pixels, steps taking turns."""
    encoder = image_encoder(ENCODERS[0])
    steps: dict[str, list[float]] = {"decode": [], "hash": [], "encode": []}
    for file in shopee(data)[1]:
        content = io.BytesIO()
        Image.open(file).convert("RGB").resize((800, 800)).save(content, "JPEG", quality=88)
        clock = [time.process_time()]
        pixels = open_photo(content.getvalue(), at_least=encoder.side).pixels
        clock.append(time.process_time())
        perceptual_hash(pixels)
        clock.append(time.process_time())
        encoder.encode([pixels])
        clock.append(time.process_time())
        for step, start, end in zip(steps, clock, clock[1:], strict=False):
            steps[step].append(1e3 * (end - start))
    yield "## Time of a photo\n"
    yield "84 photos as JPEG of 800 x 800 pixels, one core, milliseconds of CPU, median and 90 % quantile.\n"
    yield table_head("", (*steps, "all"))
    each = [np.asarray(values) for values in steps.values()]
    for name, share in (("median", 0.5), ("90 %", 0.9)):
        yield f"| {name} | " + " | ".join(f"{np.quantile(one, share):.1f}" for one in [*each, sum(each)]) + " |"


def paoman(data: Path) -> Iterator[str]:
    """Yield the part about a real maker's catalogue."""
    listings, _ = read(data / "batik_paoman" / "listings.csv")
    yield "## A real maker before a model of a simulated market\n"
    yield f"`batik_paoman`: {len(listings)} listings of one batik maker of Indramayu, with photos, asked of models"
    yield f"trained on {ROWS} simulated listings with photos. One shop and no imports: this says that nothing is"
    yield "flagged that should not be, and no more.\n"
    yield table_head("seed", ("mean p_imported", "highest", "local", "review", "imported"))
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as place:
            write(simulate(ROWS, seed), Path(place), photos=True)
            market = read(Path(place) / LISTINGS_FILE)[0]
            config = TrainConfig(seed=seed)
            encoders = Encoders(CachedEncoder(text_encoder("use")), image_encoder_for(market, config))
            model = fit_model(market, config, encoders)
        answers = model.predict(listings, explain=False)
        p = np.asarray([one.p_imported for one in answers], dtype=np.float64)
        decided = Counter(one.decision for one in answers)
        counts = " | ".join(str(decided[name]) for name in ("local", "review", "imported"))
        yield f"| {seed} | {p.mean():.3f} | {p.max():.3f} | {counts} |"


if __name__ == "__main__":
    main()
