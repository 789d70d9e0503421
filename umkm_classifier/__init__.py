"""Tell whether a marketplace listing is locally produced or an imported good resold.

>>> import umkm_classifier as umkm
>>> model = umkm.load("models/mine")  # doctest: +SKIP
>>> model.predict([umkm.Listing(title="Kain batik tulis", price="Rp450.000")])[0].p_imported  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from umkm_classifier.comparing import compare as compare
    from umkm_classifier.config import TrainConfig as TrainConfig
    from umkm_classifier.errors import BundleCorruptError as BundleCorruptError
    from umkm_classifier.errors import BundleDriftError as BundleDriftError
    from umkm_classifier.errors import BundleError as BundleError
    from umkm_classifier.errors import BundleTooNewError as BundleTooNewError
    from umkm_classifier.errors import InputError as InputError
    from umkm_classifier.errors import LabelError as LabelError
    from umkm_classifier.errors import MissingExtraError as MissingExtraError
    from umkm_classifier.errors import OutputConflictError as OutputConflictError
    from umkm_classifier.errors import SplitError as SplitError
    from umkm_classifier.errors import TooManyRejectsError as TooManyRejectsError
    from umkm_classifier.errors import TryAgainError as TryAgainError
    from umkm_classifier.errors import UmkmError as UmkmError
    from umkm_classifier.errors import UsageError as UsageError
    from umkm_classifier.indexing import index as index
    from umkm_classifier.judge import evaluate as evaluate
    from umkm_classifier.judge import stress as stress
    from umkm_classifier.listings.listing import Listing as Listing
    from umkm_classifier.listings.listing import Listings as Listings
    from umkm_classifier.listings.table import read as read
    from umkm_classifier.model.classifier import ListingClassifier as ListingClassifier
    from umkm_classifier.model.prediction import Prediction as Prediction
    from umkm_classifier.model.prediction import Reason as Reason
    from umkm_classifier.serving.predictor import Predictor as Predictor
    from umkm_classifier.serving.predictor import load as load
    from umkm_classifier.serving.predictor import predict as predict
    from umkm_classifier.simulate.market import simulate as simulate
    from umkm_classifier.train import crossval as crossval
    from umkm_classifier.train import train as train

_ERRORS = (
    "UmkmError", "UsageError", "MissingExtraError", "InputError", "LabelError", "SplitError", "BundleError",
    "BundleCorruptError", "BundleTooNewError", "BundleDriftError", "OutputConflictError", "TooManyRejectsError",
    "TryAgainError",
)  # fmt: skip
# Imported at first use: a service that predicts never pays for what trains.
_EXPORTS = {
    "load": "serving.predictor",
    "predict": "serving.predictor",
    "Predictor": "serving.predictor",
    "read": "listings.table",
    "Listing": "listings.listing",
    "Listings": "listings.listing",
    "train": "train",
    "crossval": "train",
    "compare": "comparing",
    "evaluate": "judge",
    "index": "indexing",
    "stress": "judge",
    "simulate": "simulate.market",
    "Prediction": "model.prediction",
    "Reason": "model.prediction",
    "ListingClassifier": "model.classifier",
    "TrainConfig": "config",
    **dict.fromkeys(_ERRORS, "errors"),
}
__all__ = ["__version__", *sorted(_EXPORTS)]


class _Package(ModuleType):
    """Keeps ``umkm_classifier.train`` and ``.simulate`` the functions that users call.

    Importing a submodule makes Python bind its name here. Two of ours are called like the function in them; the
    modules stay reachable by ``import``, as ``sys.modules`` has them.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _EXPORTS):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in _EXPORTS:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        if name == "ListingClassifier":  # a subclass of scikit-learn's: without it there is not even a name
            from umkm_classifier.errors import require

            require("sklearn", "train")
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
