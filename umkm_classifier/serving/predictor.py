"""The predictor that a service imports: light, thread-safe, one answer for every listing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from umkm_classifier.bundle import load_bundle
from umkm_classifier.errors import BundleError
from umkm_classifier.listings.prepare import listings_from
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.prediction import Prediction

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
    """

    def __init__(self, model: OriginModel, manifest: Mapping[str, Any]) -> None:
        self.model = model
        self.manifest = manifest

    def predict(self, listings: Any, *, explain: bool = True) -> list[Prediction]:
        """Answer about each listing by itself; batch mates are never compared.

        Parameters
        ----------
        listings : sequence of Listing or mapping, Listings, DataFrame, or datasets.Dataset; n rows
            Any field may be missing.
        explain : bool
            False leaves out reasons and neighbours, which take time.

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
        ``'starter'``, the model that the package brings; its ``MODEL_CARD.md`` says what it learned from.

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
