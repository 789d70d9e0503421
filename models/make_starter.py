"""Train the starter: ``python models/make_starter.py --data FOLDER``, or ``make starter``; writes ``models/starter``.

The model that the package brings. It learns from the tables ``blibli`` and ``shopee`` of docs/data.md, judges itself in
two ways, and says in its card what it learned from, how good it is and what it is not for. Two runs on one machine
write the same bytes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.bundle import About, check_free, save_bundle
from umkm_classifier.bundle_files import held
from umkm_classifier.config import TrainConfig, dump_config
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import TextEncoder, text_encoder
from umkm_classifier.evaluation.card import model_card
from umkm_classifier.evaluation.evaluate import fingerprint, out_of_fold, row_hashes
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.listings.labels import check_labels, merge_duplicates
from umkm_classifier.listings.listing import Listings, concatenate
from umkm_classifier.listings.remarks import remarks
from umkm_classifier.listings.table import read
from umkm_classifier.model.fit import fit_model
from umkm_classifier.train_checks import with_notes

STARTER = Path(__file__).parent / "starter"
MOST_BYTES = 12_000_000  # what a wheel may reasonably bring
# Neither table has photos to learn from. `meaning` gained nothing (AUC by folds of both -0.001 [-0.003, +0.002]; of
# blibli, asked about shopee, +0.008 [-0.001, +0.019]), and would keep ids and vectors of titles. An n-gram must be in
# three listings, not two: of words that only two share some are the names of small shops. With 200 trees in the forest
# the arrays and words alone weigh 11.8 MB.
CONFIG = TrainConfig(signals=("words", "facts", "cues"), words_min_df=3, facts_forest=150, track=False)
SHOPEE = ("negara_asal", "dikirim_dari")
FIGURES = {"roc_auc": "AUC", "average_precision": "AP", "brier": "Brier", "ece": "ECE"}
DECIDED = {
    "review_rate": "sent to a person",
    "local_flagged_rate": "of local listings, decided `imported`",
    "imported_passed_rate": "of imported listings, decided `local`",
    "imported_caught_rate": "of imported listings, decided `imported`",
}
SOURCES = """\
## Sources and licences
No text or photo of these tables is part of the package. What the model keeps are words and pairs of words that stand in
three listings or more, fragments of two to five letters, weights, the median price of a good, and a digest of each row
by which `umkm evaluate` knows it again. Some of the words are names of brands. Neither source states a licence for its
texts.

| label sources | repository on GitHub, commit | what it is | what a label means |
|---|---|---|---|
| `brand_country` | azrafebyy/dashboard-monitoring-produk-lokal, 4e75450 | Blibli, Bukalapak and OLX, March 2025 | \
country of the **brand**, not of the making; how it was found is not documented |
| `negara_asal`, `dikirim_dari` | BlueBeret/Tokopedia-Product-Scrapping, 1691587 | shopee.co.id, September 2022 | \
what the seller declares; 5 to 10 % of 'Indonesia' looks wrong |

Code and weights are under the Apache License 2.0. `docs/data.md` of the project says how the tables were made.
"""
LIMITS = """\
## What nobody knows of it
- **Batik, baju koko, sajadah, tasbih.** Neither table holds imported ones, nor does any other public set. Such listings
  get `review`, with the note `no_guarantee_for_good`; what ranks them are trade cues written by hand.
- It has never seen a photo: none changes its answer.
- Its tables are of 2022 and 2025 and mostly of brands; workshops without a brand are few among them.
- Words are cheap: who knows the model can write what it likes to read.

Take it as a beginning: label one or two hundred listings of your own and adapt it, `umkm train YOUR.csv --base starter
--out models/ours`.
"""


def main() -> None:
    """Train, judge, write, and say how large it became."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled sets; see docs/data.md")
    parser.add_argument("--out", type=Path, default=STARTER, help="a bundle there is replaced")
    given = parser.parse_args()
    started = time.perf_counter()
    make(given.data, given.out)
    size = size_of(given.out)
    print((given.out / "MODEL_CARD.md").read_text(encoding="utf-8"))
    print(f"{given.out}: {size / 1e6:.2f} MB, {time.perf_counter() - started:.0f} s", file=sys.stderr)
    if size > MOST_BYTES:
        sys.exit(
            f"{given.out}: at most {MOST_BYTES / 1e6:.0f} MB expected, found {size / 1e6:.2f}. Raise words_min_df."
        )


def make(data: Path, out: Path, config: TrainConfig = CONFIG) -> None:
    """Train on both tables and write the bundle, with the figures of ``judged`` in its card.

    Parameters
    ----------
    data : Path
        Folder of the tables, as docs/data.md lays it out.
    out : Path
        A bundle there is replaced.
    config : TrainConfig

    Raises
    ------
    InputError, LabelError
        If a table is missing, cannot be read, or cannot be learned from.
    OutputConflictError
        If ``out`` holds something else than a bundle.
    """
    check_free(out, overwrite=True)
    with held(out):
        blibli, shopee = (_read(data / name / "listings.csv") for name in ("blibli", "shopee"))
        both, encoder = concatenate([blibli, shopee]), CachedEncoder(text_encoder(config.text_encoder))
        model = with_notes(fit_model(both, config, encoder), remarks(both))
        figures = judged(blibli, shopee, config, encoder)
        learned, of_data = both[np.flatnonzero(both.has_label & ~both.rejected)], fingerprint(both)
        card = "\n".join([model_card("starter", model.training, of_data, model.rule), SOURCES, figures, LIMITS])
        about = About(dump_config(config), card, of_data, row_hashes(learned))
        save_bundle(model, out, about, overwrite=True)


def judged(blibli: Listings, shopee: Listings, config: TrainConfig, encoder: TextEncoder) -> str:
    """Return the part of the card that says how good it is, of shops that a model has not seen.

    Once with no row of shopee among the training rows, as on a marketplace that is new to it; once by folds of both
    tables, as on those that it knows.
    """
    strange = fit_model(blibli, config, encoder)
    transfer = measure(shopee, strange.p_imported(shopee), seed=config.seed)
    known = out_of_fold(concatenate([blibli, shopee]), config, encoder)
    source = known.listings.column("label_source")

    def of(*names: str) -> Mapping[str, Any]:
        at = np.flatnonzero(np.isin(source.astype(str), names))
        return measure(known.listings[at], known.p_imported[at], decisions=known.decisions[at], seed=config.seed)

    sources = {name: of(name) for name in ("brand_country", *SHOPEE)}
    together = measure(known.listings, known.p_imported, decisions=known.decisions, seed=config.seed)
    return "\n".join(
        [
            "## How good it is",
            "Positive class: imported; seed 0. In brackets 95 % intervals over 1,000 redraws of shops; `–` where there",
            "are no labels of both classes. A label is no visit to a workshop, so these figures say how well the model",
            "agrees with declarations.",
            "",
            f"| | listings (imported) | {' | '.join(FIGURES.values())} |",
            f"|---|---|{'---|' * len(FIGURES)}",
            _row("**a marketplace it has not seen**: trained on blibli alone, asked about shopee", transfer),
            _row(f"**marketplaces it has seen**, other shops: {config.folds} folds of both tables", together),
            *(_row(f"– of these, label source `{name}`", found) for name, found in sources.items()),
            _row("– of these, both label sources of shopee", of(*SHOPEE)),
            "",
            "What its decisions would have done, by the same folds:",
            "",
            "| | both tables | blibli | shopee |",
            "|---|---|---|---|",
            *(
                f"| {says} | {' | '.join(_figure(one, key) for one in (together, of('brand_country'), of(*SHOPEE)))} |"
                for key, says in DECIDED.items()
            ),
            "",
        ]
    )


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _read(table: Path) -> Listings:
    listings, rejects = read(table)
    check_labels(listings, rejects)
    return merge_duplicates(listings)


def _row(says: str, found: Mapping[str, Any]) -> str:
    cells = " | ".join(_figure(found, key) for key in FIGURES)
    return f"| {says} | {found['n']} ({found['n_imported']}) | {cells} |"


def _figure(found: Mapping[str, Any], key: str) -> str:
    one_class = found["n_imported"] in (0, found["n"])
    if found[key] is None or (one_class and key in FIGURES):
        return "–"
    ends = found[f"{key}_ci"]
    return f"{found[key]:.3f}" + (f" [{ends[0]:.3f}, {ends[1]:.3f}]" if ends else "")


if __name__ == "__main__":
    main()
