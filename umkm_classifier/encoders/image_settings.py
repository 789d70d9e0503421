"""What ``encoder.json`` says of an exported image encoder, and how it is read."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from umkm_classifier.encoders.image_pixels import Scaling
from umkm_classifier.errors import BundleCorruptError, BundleTooNewError, show_ten

FORMAT = 1
MOST_SIDE_PX = 2048  # no encoder looks at more, and a table of photos would take days


@dataclass(frozen=True, slots=True)
class Settings:
    """How pixels become what the graph expects, and which graph it is.

    Parameters
    ----------
    format : int
    id : str
        ``'onnx:<name>'``.
    dim : int
        Length of a vector.
    side : int
        Of the square that is looked at, in pixels.
    mean, std : list of three float
        Of red, green and blue, in grey levels; see ``Scaling``.
    model_sha256 : str
        Checksum of the graph's file, in hexadecimal.
    """

    format: int
    id: str
    dim: int
    side: int
    mean: list[float]
    std: list[float]
    model_sha256: str

    @property
    def scaling(self) -> Scaling:
        """Side, mean and std."""
        (r, g, b), (red, green, blue) = self.mean, self.std
        return Scaling(self.side, (r, g, b), (red, green, blue))


def read_settings(path: Path) -> Settings:
    """Read ``encoder.json``.

    Raises
    ------
    BundleCorruptError
        If it is no such file; with every problem at once.
    BundleTooNewError
        If a newer version of this package wrote it.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ones
        raise corrupt(path, "expected JSON, found something else") from error
    if not isinstance(values, dict) or type(values.get("format")) is not int:
        raise corrupt(path, "expected an object with a whole number 'format', found something else")
    if values["format"] > FORMAT:
        raise BundleTooNewError(
            f"{path}: expected format {FORMAT} or older, found {values['format']}. Install a newer umkm_classifier."
        )
    problems = [f"'{name}' must be {expected}" for name, expected, is_right in _RULES if not is_right(values.get(name))]
    if problems:
        raise corrupt(path, f"expected other settings: {show_ten(problems)}")
    return Settings(**{name: values[name] for name in Settings.__annotations__})


def corrupt(path: Path, found: str) -> BundleCorruptError:
    """Return the error for a file of an exported encoder."""
    return BundleCorruptError(f"{path}: {found}. Copy or export the encoder again.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_length(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_side(value: Any) -> bool:
    return _is_length(value) and value <= MOST_SIDE_PX


def _are_levels(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(type(one) in (int, float) and math.isfinite(one) for one in value)
    )


def _are_spreads(value: Any) -> bool:
    return _are_levels(value) and min(value) > 0


_RULES = (
    ("id", "a text", _is_text),
    ("dim", "a whole number from 1", _is_length),
    ("side", f"a whole number from 1 to {MOST_SIDE_PX}", _is_side),
    ("mean", "three finite numbers", _are_levels),
    ("std", "three finite numbers above 0", _are_spreads),
    ("model_sha256", "a text", _is_text),
)
