"""The predictor that a service imports: light, thread-safe, one answer for every listing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from umkm_classifier.bundle import load_bundle
from umkm_classifier.errors import BundleError
from umkm_classifier.listings.prepare import listings_from
from umkm_classifier.model.origin import Explain, OriginModel
from umkm_classifier.model.prediction import Prediction

STARTER = Path(__file__).parents[1] / "starter"


class Predictor:
    """Answer about listings with a trained model.

    Nothing in it changes after it was built, so threads may share one. It writes nothing anywhere.

    Parameters
    ----------
    model : OriginModel
    manifest : mapping
        Of the bundle that the model came from.
    """

    def __init__(self, model: OriginModel, manifest: Mapping[str, Any]) -> None:
        self.model = model
        self.manifest = manifest

    def predict(self, listings: Any, *, explain: Explain = True) -> list[Prediction]:
        """Answer about each listing by itself; batch mates are never compared.

        Parameters
        ----------
        listings : sequence of Listing or mapping, Listings, DataFrame, or datasets.Dataset; n rows
            Any field may be missing.
        explain : bool or 'full'
            False leaves out reasons and neighbours, which in a batch take up to 30 % on top. ``'full'`` names places
            in photos too, where True names the photo: that takes sixteen times as long as looking at it, and is meant
            for one listing that a person looks at.

        Returns
        -------
        list of Prediction, length n
            In the order of the input. A row with nothing to score is ``'rejected'``, with ``p_imported=None`` and the
            decision ``'review'``; no row raises.

        Raises
        ------
        TypeError
            For a lone listing or a string: wrap it in a list.
        """
        return self.model.predict(listings_from(listings), explain=explain)


def load(model: str | Path = "starter") -> Predictor:
    """Load a trained model.

    Parameters
    ----------
    model : str or Path
        A bundle's folder, ``'models:/NAME@ALIAS'`` or ``'models:/NAME/VERSION'`` of an MLflow registry, or
        ``'starter'``, the model of the package, where an installation has one.

    Raises
    ------
    BundleError
        If there is no such model, or it cannot be trusted; see ``load_bundle``.
    """
    bundle = load_bundle(resolve(model))
    return Predictor(bundle.model, bundle.manifest)


def resolve(model: str | Path) -> Path:
    """Return the folder of the bundle that a name stands for; see ``load``."""
    if isinstance(model, str) and model.startswith("models:/"):
        from umkm_classifier.serving.mlflow_model import load_uri

        return load_uri(model)
    if model == "starter":
        if not STARTER.is_dir():
            raise BundleError(
                "starter: the folder of a trained model expected, found no name of one; this version brings no model "
                "of its own. Train one with 'umkm train DATA --out models/mine', then name it: 'umkm predict "
                "models/mine --title TITLE', or load('models/mine') in Python."
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
