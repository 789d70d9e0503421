"""The encoders that a model looks through, together."""

from __future__ import annotations

from dataclasses import dataclass, field

from umkm_classifier.encoders.image import ImageEncoder, NoImageEncoder
from umkm_classifier.encoders.text import TextEncoder


@dataclass(frozen=True, slots=True)
class Encoders:
    """What turns a listing into vectors.

    Parameters
    ----------
    text : TextEncoder
        ``NoEncoder`` leaves photos alone.
    image : ImageEncoder
        ``NoImageEncoder``, the default, leaves texts alone. With a ``CachedImageEncoder`` no photo is encoded twice.
    writing : ImageEncoder
        A ``WritingReader``; ``NoImageEncoder``, the default, where no writing is to be read.
    """

    text: TextEncoder
    image: ImageEncoder = field(default_factory=NoImageEncoder)
    writing: ImageEncoder = field(default_factory=NoImageEncoder)

    def dims(self) -> dict[str, int]:
        """Length of each modality's vector; only of those that something reads."""
        dims = {"title": self.text.dim, "description": self.text.dim, "photos": self.image.dim}
        return {name: dim for name, dim in dims.items() if dim}
