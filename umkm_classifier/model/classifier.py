"""The scikit-learn estimator over listings, for ``cross_val_score`` and ``GridSearchCV``."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from umkm_classifier.config import SIGNALS, TrainConfig
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import text_encoder
from umkm_classifier.errors import LabelError
from umkm_classifier.listings.labels import UNKNOWN
from umkm_classifier.listings.listing import LABELS, Listings
from umkm_classifier.listings.prepare import listings_from
from umkm_classifier.model.encoders import encoders_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import CLASSES
from umkm_classifier.signals.signal import FloatArray


class ListingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Predict whether a listing is ``'local'`` or ``'imported'``.

    Parameters are the settings of ``TrainConfig``, flat, under the same names and with the same defaults.

    Attributes
    ----------
    classes_ : array of str, shape (2,)
        Alphabetical: ``'imported'`` is column 0 of ``predict_proba``.
    model_ : OriginModel
        What a bundle saves.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        folds: int = 5,
        signals: tuple[str, ...] = SIGNALS,
        text_encoder: str = "use",
        image_encoder: str = "efficientnet-lite2",
        words_c: float = 3.0,
        words_min_df: int = 2,
        words_most: int = 50_000,
        meaning_c: float = 10.0,
        looks_c: float = 1.0,
        facts_bags: int = 2,
        facts_trees: int = 150,
        facts_learning_rate: float = 0.06,
        facts_forest: int = 200,
        facts_columns: float = 0.15,
        facts_hide: float = 0.7,
        joint_width: int = 64,
        joint_epochs: int = 60,
        joint_learning_rate: float = 3e-4,
        joint_hide: float = 0.2,
        joint_finetune: bool = False,
        fusion_dropout: float = 0.2,
        calibration: str = "out_of_fold",
        max_local_flagged: float = 0.02,
        max_imported_passed: float = 0.20,
        cost_local_flagged: float | None = None,
        cost_imported_passed: float | None = None,
        cost_review: float | None = None,
        on_unsupported_good: str = "review",
        reweight_within_goods: bool = False,
    ) -> None:
        self.seed = seed
        self.folds = folds
        self.signals = signals
        self.text_encoder = text_encoder
        self.image_encoder = image_encoder
        self.words_c = words_c
        self.words_min_df = words_min_df
        self.words_most = words_most
        self.meaning_c = meaning_c
        self.looks_c = looks_c
        self.facts_bags = facts_bags
        self.facts_trees = facts_trees
        self.facts_learning_rate = facts_learning_rate
        self.facts_forest = facts_forest
        self.facts_columns = facts_columns
        self.facts_hide = facts_hide
        self.joint_width = joint_width
        self.joint_epochs = joint_epochs
        self.joint_learning_rate = joint_learning_rate
        self.joint_hide = joint_hide
        self.joint_finetune = joint_finetune
        self.fusion_dropout = fusion_dropout
        self.calibration = calibration
        self.max_local_flagged = max_local_flagged
        self.max_imported_passed = max_imported_passed
        self.cost_local_flagged = cost_local_flagged
        self.cost_imported_passed = cost_imported_passed
        self.cost_review = cost_review
        self.on_unsupported_good = on_unsupported_good
        self.reweight_within_goods = reweight_within_goods

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on a table.

        Parameters
        ----------
        X : Listings, DataFrame, Dataset, or sequence of Listing or mapping, length n
            ``shop_id`` keeps shops whole in the inner folds.
        y : sequence of str, length n, or None
            ``'local'`` or ``'imported'``; None: the column ``label``.

        Raises
        ------
        LabelError
            If ``y``, or the column ``label`` in its place, holds anything else.
        SplitError
            If too few shops have listings of a class.
        """
        listings = listings_from(X)
        listings = _with_known_labels(listings) if y is None else _labelled(listings, y)
        config = TrainConfig(**self.get_params())
        encoder = CachedEncoder(text_encoder(config.text_encoder))
        self.model_ = fit_model(listings, config, encoders_for(listings, config, encoder))
        self.classes_ = np.asarray(CLASSES)
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Return the calibrated log-odds of ``classes_[1]``, which is ``'local'``, shape (n,)."""
        check_is_fitted(self)
        listings = listings_from(X)
        return -self.model_.calibration.log_odds(self.model_.fused(listings, self.model_.columns(listings)))

    def predict_proba(self, X: Any) -> FloatArray:
        """Return calibrated probabilities, shape (n, 2), columns as in ``classes_``; NaN where nothing is to score."""
        check_is_fitted(self)
        p_imported = self.model_.p_imported(listings_from(X))
        return np.stack([p_imported, 1.0 - p_imported], axis=1)

    def predict(self, X: Any) -> NDArray[np.str_]:
        """Return the likelier class of each listing, shape (n,); decisions with a guarantee come from ``Predictor``.

        A row with nothing to score is ``'local'``: who says nothing is not accused.
        """
        is_imported = self.predict_proba(X)[:, 0] >= 0.5  # False where NaN
        return np.asarray(np.where(is_imported, *self.classes_))


def _labelled(listings: Listings, y: Any) -> Listings:
    labels = np.asarray(y, dtype=object)
    check_consistent_length(listings, labels)
    unknown = sorted({str(label) for label in labels} - set(LABELS))
    if unknown:
        raise LabelError(f"y must hold 'local' and 'imported' only. Got {unknown[:10]} instead. Map your labels first.")
    return listings.replace(label=labels)


def _with_known_labels(listings: Listings) -> Listings:
    unknown = [row for row, notes in enumerate(listings.notes) if UNKNOWN in notes]
    if unknown:
        raise LabelError(
            f"label: expected 'local' or 'imported', found something else in {len(unknown)} rows, the first is row "
            f"{unknown[0]}. Correct these cells, or empty them to leave their rows without a label."
        )
    return listings
