"""The predictor that a service imports: light, thread-safe, one answer for every listing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from umkm_classifier.bundle import load_bundle
from umkm_classifier.bundle_index import load_index
from umkm_classifier.errors import BundleError, UsageError, require
from umkm_classifier.listings.photos import note_photos
from umkm_classifier.listings.prepare import listings_from
from umkm_classifier.model.beside import with_reuse
from umkm_classifier.model.origin import Explain, OriginModel
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.signals.reuse.view import ReuseView

# A wheel carries it in the package; a checkout, and an editable install of one, has it where `make starter` writes it.
_IN_WHEEL = Path(__file__).parents[1] / "starter"
STARTER = _IN_WHEEL if _IN_WHEEL.is_dir() else Path(__file__).parents[2] / "models" / "starter"


class Predictor:
    """Answer about listings with a trained model.

    Nothing in it changes after it was built, so threads may share one. It writes nothing anywhere.

    Parameters
    ----------
    model : OriginModel
    manifest : mapping
        Of the bundle that the model came from.
    photo_index : ReuseView or None
        Where a listing's photos are looked up; see ``load``.
    expected_share_imported : float or None
        What ``predict`` takes where it is given none.

    Raises
    ------
    UsageError
        If the share is not in (0, 1).
    """

    def __init__(
        self,
        model: OriginModel,
        manifest: Mapping[str, Any],
        photo_index: ReuseView | None = None,
        expected_share_imported: float | None = None,
    ) -> None:
        check_share_expected(expected_share_imported)
        self.model = model
        self.manifest = manifest
        self.photo_index = photo_index
        self.expected_share_imported = expected_share_imported

    def predict(
        self, listings: Any, *, explain: Explain = True, expected_share_imported: float | None = None
    ) -> list[Prediction]:
        """Answer about each listing by itself; batch mates are never compared.

        Parameters
        ----------
        listings : sequence of Listing or mapping, Listings, DataFrame, or datasets.Dataset; n rows
            Any field may be missing.
        explain : bool or 'full'
            False leaves out reasons and neighbours, which in a batch take up to 30 % on top. ``'full'`` names places
            in photos too, where True names the photo: that takes sixteen times as long as looking at it, and is meant
            for one listing that a person looks at.
        expected_share_imported : float in (0, 1), or None
            Share of listings that are imported where these come from. Probabilities are corrected from the share among
            the labelled listings to it; decisions, log-odds and reasons stay. None: as the predictor was made with.

        Returns
        -------
        list of Prediction, length n
            In the order of the input. A row with nothing to score is ``'rejected'``, with ``p_imported=None`` and the
            decision ``'review'``; no row raises.

        Raises
        ------
        TypeError
            For a lone listing or a string: wrap it in a list.
        UsageError
            If the share is not in (0, 1).
        """
        check_share_expected(expected_share_imported)
        share = self.expected_share_imported if expected_share_imported is None else expected_share_imported
        table = listings_from(listings)
        if self.photo_index is None:
            return self.model.predict(table, explain=explain, expected_share_imported=share)
        if not self.model.looks_at_photos:  # else it notes by itself what is wrong with them
            table = note_photos(table)
        answers = self.model.predict(table, explain=explain, expected_share_imported=share)
        return with_reuse(self.model, self.photo_index, table, answers, share)


def check_share_expected(share: float | None) -> None:
    """Refuse an expected share of imports that is none.

    Raises
    ------
    UsageError
        If it is not in (0, 1); None is fine.
    """
    if share is not None and not 0.0 < share < 1.0:
        raise UsageError(
            f"expected_share_imported: a share above 0 and below 1 expected, found {share!r}. Give for instance 0.3 "
            "where about 30 of 100 listings are imported."
        )


def load(
    model: str | Path = "starter", *, index: str | Path | None = None, expected_share_imported: float | None = None
) -> Predictor:
    """Load a trained model.

    Parameters
    ----------
    model : str or Path
        A bundle's folder, ``'models:/NAME@ALIAS'`` or ``'models:/NAME/VERSION'`` of an MLflow registry, or
        ``'starter'``, the model that the package brings; its ``MODEL_CARD.md`` says what it learned from.
    index : str, Path or None
        An index of photos, from ``umkm index``: answers then tell in which other shops a listing's photos hang.
    expected_share_imported : float or None
        See ``Predictor.predict``.

    Raises
    ------
    BundleError
        If there is no such model or index, or it cannot be trusted; see ``load_bundle`` and ``load_index``.
    MissingExtraError
        If there is an index, and a package of the extra ``reuse`` is not installed.
    UsageError
        If the share is not in (0, 1).
    """
    check_share_expected(expected_share_imported)
    bundle = load_bundle(resolve(model))
    view = None if index is None else _photo_index(Path(index))
    return Predictor(bundle.model, bundle.manifest, view, expected_share_imported)


def _photo_index(folder: Path) -> ReuseView:
    for module in ("cv2", "faiss"):
        require(module, "reuse")
    saved = load_index(folder)
    return ReuseView(saved.index, saved.encoder, saved.id, saved.placeholders)


def resolve(model: str | Path) -> Path:
    """Return the folder of the bundle that a name stands for; see ``load``."""
    if isinstance(model, str) and model.startswith("models:/"):
        from umkm_classifier.serving.mlflow_model import load_uri

        return load_uri(model)
    if model == "starter":
        if not STARTER.is_dir():
            raise BundleError(
                "starter: the model that the package brings expected, found none. Install the package again, or, in a "
                "checkout, run 'make starter'. Or train one, 'umkm train DATA --out models/mine', and name it: 'umkm "
                "predict models/mine --title TITLE', or load('models/mine') in Python."
            )
        return STARTER
    return Path(model)


def predict(listings: Any, model: Predictor | str | Path | None = None) -> list[Prediction]:
    """Answer about listings: the inference function.

    Parameters
    ----------
    listings : sequence of Listing or mapping, Listings, DataFrame, or datasets.Dataset; n rows
    model : Predictor, str, Path or None
        A loaded predictor, or what ``load`` takes; None is the starter. Load once and pass the predictor when asking
        more than once.

    Returns
    -------
    list of Prediction, length n
    """
    predictor = model if isinstance(model, Predictor) else load("starter" if model is None else model)
    return predictor.predict(listings)
