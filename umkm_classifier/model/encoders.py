"""The encoders that a training looks through."""

from __future__ import annotations

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import ImageEncoder, NoImageEncoder, image_encoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.writing_read import WritingReader, require_writing

LOOKING = frozenset(("looks", "joint"))  # signals that see photos


def image_encoder_for(listings: Listings, config: TrainConfig) -> ImageEncoder:
    """Return the image encoder that a config names, or none where no listing has a photo or no signal looks at them.

    Raises
    ------
    MissingExtraError
        If there are photos, and what the encoder needs is not installed.
    """
    looks = bool(LOOKING & set(config.signals)) and any(len(photos) > 0 for photos in listings.column("photos"))
    return CachedImageEncoder(image_encoder(config.image_encoder)) if looks else NoImageEncoder()


def encoders_for(listings: Listings, config: TrainConfig, text: TextEncoder) -> Encoders:
    """Return what a training on some listings looks through.

    Raises
    ------
    MissingExtraError
        See ``image_encoder_for`` and ``writing_reader_for``.
    """
    return Encoders(text, image_encoder_for(listings, config), writing_reader_for(config))


def writing_reader_for(config: TrainConfig) -> ImageEncoder:
    """Return what reads writing on photos, or nothing where no signal asks for it.

    Raises
    ------
    MissingExtraError
        If the config names the signal ``writing``, and the extra ``ocr`` is not installed.
    """
    if "writing" not in config.signals:
        return NoImageEncoder()
    require_writing()
    return CachedImageEncoder(WritingReader())
