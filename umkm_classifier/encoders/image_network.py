"""An image network in torch: what training unfreezes, what export writes, what the exported graph is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from umkm_classifier.encoders.image_pixels import Scaling


@dataclass(frozen=True, slots=True)
class ImageNetwork:
    """A network in memory.

    Parameters
    ----------
    name : str
        For people: ``'efficientnet-lite2'``, the name on a hub, or the last part of a folder.
    module : torch.nn.Module
        Maps photos as ``network_input`` gives them, float32 of shape (n, 3, side, side), to vectors of length 1,
        shape (n, dim).
    scaling : Scaling
        What ``network_input`` needs.
    dim : int
        Length of a vector.
    """

    name: str
    module: Any
    scaling: Scaling
    dim: int


def unit_module(network: Any, features: Callable[[Any, Any], Any]) -> Any:
    """Wrap a network so that it gives vectors of length 1, in evaluation mode.

    Parameters
    ----------
    network : torch.nn.Module
    features : callable
        Takes the network and its input, (n, 3, side, side), and returns features, shape (n, dim).

    Returns
    -------
    torch.nn.Module
    """
    import torch

    class UnitVectors(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            found = features(self.network, pixels)  # (n, dim)
            unit: torch.Tensor = found / found.norm(dim=1, keepdim=True).clamp(min=1e-12)  # (n, dim)
            return unit

    return UnitVectors().eval()
