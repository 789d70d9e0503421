"""What training reads, what it refuses before it learns, and what it notes of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from umkm_classifier.bundle import Bundle
from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.errors import LabelError, TooManyRejectsError
from umkm_classifier.evaluation.evaluate import row_hashes
from umkm_classifier.listings import split
from umkm_classifier.listings.labels import check_labels, merge_duplicates
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.table import read
from umkm_classifier.model.folds import labelled_rows
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.benefit import BenefitView
from umkm_classifier.signals.cues import CuesView
from umkm_classifier.signals.joint.checkpoints import remove_checkpoints
from umkm_classifier.signals.joint.tuned import check_trainable
from umkm_classifier.signals.writing import WritingView


def read_labelled(data: str | Path, config: TrainConfig) -> tuple[Listings, list[Reject]]:
    """Read a table to learn from: share of unusable rows and labels checked, repeated rows merged."""
    listings, rejects = read(data, columns=config.columns, encoding=config.encoding, photos=config.photos or None)
    check_share(listings, config.max_rejects, data)
    check_labels(listings, rejects)
    return merge_duplicates(listings), rejects


def check_share(listings: Listings, most: float, where: str | Path) -> None:
    """Refuse a table of which too much is unusable.

    Raises
    ------
    TooManyRejectsError
        If more than the share ``most`` of the rows was rejected.
    """
    rejected = int(listings.rejected.sum())
    if rejected > most * len(listings):
        raise TooManyRejectsError(
            f"{where}: at most {100 * most:g}% unusable rows expected, found {rejected} of {len(listings)}. "
            f"'umkm check {where}' names them; mend the table or raise --max-rejects."
        )


def check_split(listings: Listings, config: TrainConfig) -> None:
    """Make the folds that training would make, and nothing of them.

    Raises
    ------
    SplitError
        If they cannot be made, so that nothing can be learned without a base.
    """
    rows = labelled_rows(listings)
    n_folds = split.feasible_folds(rows.y, rows.group, config.folds)
    for seed in (config.seed, config.seed + 1):  # of the views, and of the calibration
        split.folds(rows.y, rows.group, n_folds, seed)


def check_encoders(encoders: Encoders, config: TrainConfig) -> None:
    """Refuse encoders that ``joint`` is to train and cannot, before the other signals learn.

    Raises
    ------
    UsageError
        Naming the encoder.
    """
    if "joint" in config.signals and config.joint_finetune:
        check_trainable(encoders)


@contextmanager
def resumable(out: Path, config: TrainConfig) -> Iterator[Path | None]:
    """Give the folder beside a bundle where networks leave how far they are; when all went well it goes.

    Only what such trainings made is removed, whatever else somebody keeps there.

    Yields
    ------
    Path or None
        None where no signal trains a network.
    """
    if "joint" not in config.signals:
        yield None
        return
    folder = out.resolve()
    folder = folder.with_name(f"{folder.name}.checkpoints")
    yield folder
    remove_checkpoints(folder)


def new_to(base: Bundle, listings: Listings, data: str | Path) -> tuple[Listings, list[str]]:
    """Leave out the labelled rows that a base has learned from; say how many, if there are some.

    Raises
    ------
    LabelError
        If what is left does not hold both classes.
    """
    labelled = listings.has_label & ~listings.rejected
    known = labelled & np.asarray([one in base.row_hashes for one in row_hashes(listings)], dtype=bool)
    if not known.any():
        return listings, []
    n, n_known = int(labelled.sum()), int(known.sum())
    n_imported = int(listings.is_imported[labelled & ~known].sum())
    n_local = n - n_known - n_imported
    if not n_local or not n_imported:
        raise LabelError(
            f"{data}: local and imported listings that the base has not learned from expected, found {n_local} local "
            f"and {n_imported} imported beside {n_known} that it knows. Add listings of your own, or train without "
            "--base."
        )
    note = (
        f"known_to_base: {n_known} of {n} labelled listings were left out, since the base has learned from them; to "
        "learn from all of them, train without --base"
    )
    return listings[np.flatnonzero(~known)], [note]


def with_notes(model: OriginModel, notes: list[str]) -> OriginModel:
    """Add to the notes of a training, also what its weights say."""
    read = [
        (view.name, weight)
        for view, weight in zip(model.views, model.fusion.weights, strict=True)
        if not isinstance(view, BenefitView | CuesView | WritingView)
    ]
    weighed = [name for name, weight in read if weight > 0]
    if len(weighed) == 1 and len(read) > 1:
        notes = [
            *notes,
            f"one_view: only {weighed[0]} has weight; the others ({len(read) - 1}) added nothing on rows that they "
            "had not seen",
        ]
    return replace(model, training={**model.training, "notes": [*model.training["notes"], *notes]})
