"""Reading what is written on photos, with rapidocr (PP-OCRv6 small, extra ``ocr``).

To the rest of the package a reader is an image encoder whose vector says which marks a photo shows: so photos are
opened, their faults counted and what was found kept on disk by content as for any other, and no text is kept anywhere.

PP-OCRv6 small knows Han and Japanese letters and Latin ones. It knows **no Korean and no Thai** ones: it finds such
lines and reads nothing, or Latin nonsense. Lines that it could not read go to Tesseract (``writing_scripts``), where
that has trained data; a line in the log tells once which letters are not read.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from umkm_classifier.encoders.image import ImageEncoder, NoImageEncoder
from umkm_classifier.encoders.image_pixels import check_are_photos
from umkm_classifier.errors import MissingExtraError, require
from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.writing_marks import MARKS, RULES_HASH, Line, marks_in
from umkm_classifier.signals.writing_scripts import Piece, ScriptReader, trained_data, unread_scripts

LONGEST_PX = 800  # 300 ms; at 480 a tenth of the Latin letters on real photos is lost, beyond 800 time is
LEAST_SIDE_PX = 16  # no letter fits in less
MOST_LINES = 100  # a page of print takes 3 s
READ = 0.9  # from here on what rapidocr says is believed; of 80 lines in Korean and Thai it said so of two
REMEMBERED = 8192  # photos, of some hundred bytes each: what ten photos of 512 listings need, twice asked
_DETECTOR, _READER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_log = logging.getLogger(__name__)

Vector = NDArray[np.float32]


class WritingReader:
    """Finds marks on photos; an ``ImageEncoder`` with a number for each of ``MARKS``. Threads may share it.

    It remembers the photos that it has read last, so that asking for reasons does not read again. It is loaded at the
    first photo.
    """

    dim = len(MARKS)
    side = LONGEST_PX

    def __init__(self) -> None:
        self._scripts = ScriptReader(trained_data())
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, Vector] = OrderedDict()
        self._engine: Callable[[Pixels], list[Piece]] | None = None

    def __reduce__(self) -> tuple[type[WritingReader], tuple[()]]:
        return WritingReader, ()  # another process loads its own

    @property
    def id(self) -> str:
        """What reads, and what reads the scripts that it cannot: ``'rapidocr:PP-OCRv6-small+tesseract:kor,tha'``."""
        return f"rapidocr:PP-OCRv6-small{self._scripts.id}"

    @property
    def hash(self) -> str:
        """Sha256 of the version of rapidocr, which brings the weights, of the rules, and of what Tesseract reads."""
        said = f"{version('rapidocr')}\n{LONGEST_PX}\n{READ}\n{RULES_HASH}\n{self._scripts.hash}"
        return hashlib.sha256(said.encode()).hexdigest()

    def encode(self, pixels: Sequence[Pixels]) -> Vector:
        """Look for marks.

        Parameters
        ----------
        pixels : sequence of array of uint8, shape (height, width, 3); length n

        Returns
        -------
        array of float32, shape (n, len(MARKS))
            As ``marks_in``; NaN for a photo that cannot be read, which a line in the log tells.

        Raises
        ------
        TypeError, ValueError
            See ``check_are_photos``.
        """
        check_are_photos(pixels)
        vectors = np.zeros((len(pixels), self.dim), dtype=np.float32)
        for row, photo in enumerate(pixels):
            key = hashlib.sha256(f"{photo.shape}".encode() + photo.tobytes()).digest()
            with self._lock:  # both readers keep state of their own
                if key not in self._seen:
                    self._seen[key] = self._marks(photo)
                self._seen.move_to_end(key)
                vectors[row] = self._seen[key]
                while len(self._seen) > REMEMBERED:
                    self._seen.popitem(last=False)
        return vectors

    def _marks(self, photo: Pixels) -> Vector:
        image = Image.fromarray(photo)
        image.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BICUBIC)
        if min(image.size) < LEAST_SIDE_PX:
            return np.zeros(self.dim, dtype=np.float32)
        if self._engine is None:
            self._engine = _load()
        try:
            pieces = self._engine(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]))  # blue first
            lines = self._scripts.lines([piece for piece in pieces if piece.line.score < READ])
        except MemoryError:
            raise
        except Exception as error:  # of four packages below; whatever it is, it costs this photo and no other
            _log.warning("writing: a photo that can be read expected, found %s; it is left out.", type(error).__name__)
            return np.full(self.dim, np.nan, dtype=np.float32)
        return marks_in([*(piece.line for piece in pieces), *lines])


def writing_reader() -> ImageEncoder:
    """Return the reader, or one that reads nothing where the extra ``ocr`` is not installed."""
    return WritingReader() if _models() is not None else NoImageEncoder()


def require_writing() -> None:
    """Make sure that writing can be read.

    Raises
    ------
    MissingExtraError
        If rapidocr is not installed, or is a version that does not bring the models.
    """
    require("rapidocr", "ocr")
    if _models() is None:
        raise MissingExtraError(
            f"signal 'writing': a version of rapidocr with {_DETECTOR} and {_READER} expected, found "
            f"{version('rapidocr')} without them. Install it with: pip install 'umkm-classifier[ocr]'"
        )


def _models() -> Path | None:
    """Return the folder of the models that come with rapidocr, without importing it; None where there is none."""
    found = importlib.util.find_spec("rapidocr")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "models"
    return folder if (folder / _DETECTOR).is_file() and (folder / _READER).is_file() else None


def _load() -> Callable[[Pixels], list[Piece]]:
    engine = _rapidocr()
    if unread_scripts():
        _log.warning(
            "signal 'writing': Tesseract's trained data for %s letters expected, found none; they are not read. "
            "Install it (Debian: apt-get install tesseract-ocr-kor tesseract-ocr-tha), or set TESSDATA_PREFIX.",
            " and ".join(unread_scripts()),
        )

    def pieces(image: Pixels) -> list[Piece]:
        # What its call returns holds no line of which nothing could be read.
        image, record = engine.preprocess_img(image)
        _, _, read, crops = engine.run_ocr_steps(image, record)
        lines = map(Line, read.txts or (), read.scores or ())
        return [Piece(*piece) for piece in zip(crops, lines, strict=False)]

    return pieces


def _rapidocr() -> Any:
    from rapidocr import RapidOCR

    folder = _models()
    if folder is None:
        raise FileNotFoundError(f"writing: the models of rapidocr expected, found none any more. {_DETECTOR} is gone.")
    settings = {
        "Global.log_level": "critical",  # else it prints a line for each photo without writing
        "Global.use_cls": False,  # it turned upright captions upside down: 38 of 40 read with it, 40 without
        # Given by path, nothing is ever downloaded; by name, a damaged file would be.
        "Det.model_path": str(folder / _DETECTOR),
        "Rec.model_path": str(folder / _READER),
        "Det.limit_type": "max",  # scales nothing up: a third of the time, and as many captions found
        "Det.limit_side_len": LONGEST_PX,
        "Det.max_candidates": MOST_LINES,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params=settings)
