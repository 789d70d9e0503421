"""The network: each modality brought to one width, a learned stand-in where it is missing, weighed by a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from umkm_classifier.signals.joint.inputs import PHOTOS, BoolArray, Vectors

if TYPE_CHECKING:
    import torch

    from umkm_classifier.signals.joint.settings import JointSettings

FURTHEST = 5.0  # standard deviations: a photo unlike all others is not to speak louder than that


def fusion_head(
    dims: Sequence[int], settings: JointSettings, means: Sequence[Vectors], scales: Sequence[Vectors]
) -> Any:
    """Build the part that fuses vectors into a log-odds, with random weights.

    The gate is the softmax form of the gated multimodal unit (Arevalo et al. 2017): what all modalities say decides,
    number by number, how much each of them counts. (One weight a modality did not learn what only a title and a photo
    together tell: AUC 0.80 on made-up pairs, 0.92 this way.)

    Parameters
    ----------
    dims : sequence of int, length k
        Lengths of the modalities' vectors.
    settings : JointSettings
    means, scales : sequences of k arrays of float32, shape (dim,)
        Taken from each vector, and what the rest is divided by.

    Returns
    -------
    torch.nn.Module
        Takes ``present``, bool of shape (n, k), and ``vectors``, float32 of shape (n, sum of dims); gives logits,
        float32 of shape (n,).
    """
    import torch
    from torch import nn

    class FusionHead(nn.Module):
        mean: torch.Tensor
        scale: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.from_numpy(np.concatenate(means)))
            self.register_buffer("scale", torch.from_numpy(np.concatenate(scales)))
            self.project = nn.ModuleList(nn.Linear(dim, settings.width) for dim in dims)
            self.missing = nn.Parameter(0.02 * torch.randn(len(dims), settings.width))
            self.gate = nn.Linear(len(dims) * settings.width, len(dims) * settings.width)
            self.hide = nn.Dropout(settings.dropout)
            self.judge = nn.Linear(settings.width, 1)

        def forward(self, present: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
            standard = ((vectors - self.mean) / self.scale).clamp(-FURTHEST, FURTHEST)  # (n, sum of dims)
            parts = torch.split(standard, list(dims), dim=1)
            read = [torch.tanh(project(part)) for project, part in zip(self.project, parts, strict=True)]
            known = self.hide(torch.where(present.unsqueeze(2), torch.stack(read, dim=1), self.missing))
            weight = torch.softmax(self.gate(known.flatten(1)).view_as(known), dim=1)  # (n, k, width)
            logits: torch.Tensor = self.judge((weight * known).sum(dim=1)).squeeze(1)  # (n,)
            return logits

    return FusionHead()


def whole_network(head: Any, dims: Mapping[str, int], text: Any = None, image: Any = None) -> Any:
    """Put encoders that are trained before a head; without any, the head reads vectors.

    Parameters
    ----------
    head : torch.nn.Module
        From ``fusion_head``.
    dims : mapping of str to int
        Modalities in the head's order, with the lengths of their vectors.
    text : torch.nn.Module or None
        Maps ids and mask, both (rows, length), to vectors.
    image : torch.nn.Module or None
        Maps pixels, float32 of shape (photos, 3, side, side), to vectors.

    Returns
    -------
    torch.nn.Module
        Takes ``present``, bool of shape (n, k), and tensors by modality: frozen ``(vectors,)``, of a text that is
        trained on ``(rows, ids, mask)``, of photos ``(rows, pixels)``, where ``rows`` says which of the n listings
        each belongs to. Modalities that no listing of the batch has are left out.
    """
    import torch
    from torch import nn

    class WholeNetwork(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = head
            self.text = text
            self.image = image

        def forward(self, present: torch.Tensor, inputs: Mapping[str, tuple[torch.Tensor, ...]]) -> torch.Tensor:
            parts = [self.read(name, len(present), inputs.get(name)) for name in dims]
            logits: torch.Tensor = self.head(present, torch.cat(parts, dim=1))
            return logits

        def read(self, name: str, n: int, given: tuple[torch.Tensor, ...] | None) -> torch.Tensor:
            encoder = self.image if name == PHOTOS else self.text
            if given is not None and encoder is None:
                return given[0]
            empty = torch.zeros((n, dims[name]), device=self.head.mean.device)
            if given is None:
                return empty
            rows, *rest = given
            encoded = encoder(*rest).float()  # half as precise on a GPU
            count = torch.bincount(rows, minlength=n).clamp(min=1).unsqueeze(1)
            return empty.index_add(0, rows, encoded) / count  # of several photos the mean

    return WholeNetwork()


def standards(vectors: Vectors, present: BoolArray, dims: Sequence[int]) -> tuple[list[Vectors], list[Vectors]]:
    """Return mean and spread of every number of each modality, over the rows that have it.

    Parameters
    ----------
    vectors : array of float32, shape (n, sum of dims)
    present : array of bool, shape (n, k)
    dims : sequence of int, length k

    Returns
    -------
    means, scales : lists of k arrays of float32, shape (dim,)
        A number that never changes gets a scale of 1.
    """
    means, scales = [], []
    for at, part in enumerate(np.split(vectors, np.cumsum(dims)[:-1], axis=1)):
        rows = part[present[:, at]].astype(np.float64)
        spread = rows.std(axis=0)
        means.append(rows.mean(axis=0).astype(np.float32))
        scales.append(np.where(spread > 1e-6, spread, 1.0).astype(np.float32))
    return means, scales
