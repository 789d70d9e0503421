"""Reading lines in scripts that the reader of the extra ``ocr`` has no letters for: Korean and Thai, with Tesseract.

Tesseract comes with tesserocr; its trained data does not: Debian has it as ``tesseract-ocr-kor`` and
``tesseract-ocr-tha``. Where it is missing, those letters are not read; nothing is ever downloaded.

Tesseract finds letters in any picture, so it is shown lines alone that the first reader has found and could not read,
and what it makes of them counts where it is mostly of one script and has several letters.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from umkm_classifier.signals.writing_marks import Line

_log = logging.getLogger(__name__)

FOLDER_VARIABLE = "TESSDATA_PREFIX"  # Tesseract's own
FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",  # Debian and Ubuntu
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/local/share/tessdata",
)
MOST_TRIED = 40  # lines of a photo, the largest; both scripts take some 15 ms each
HEIGHT_PX, MARGIN_PX, BLUR_PX = 48, 8, 1.0  # of a line as Tesseract sees it; blurred it found 26 of 40, sharp 24
_LEAST_HEIGHT_PX, _LEAST_SHAPE = 8, 1.2  # three letters are wider than high
_MOSTLY = 0.5  # share of a line's signs that are of its script; others are digits and Latin letters


@dataclass(frozen=True, slots=True)
class Script:
    """A script that Tesseract reads.

    Parameters
    ----------
    name : str
        For people.
    letters : pattern
        What counts as a letter.
    signs : pattern
        Letters and what stands above, below and between them.
    fewest, fewest_kinds : int
        Letters that a line has at least, and different ones.
    """

    name: str
    letters: re.Pattern[str]
    signs: re.Pattern[str]
    fewest: int
    fewest_kinds: int


# A letter of Korean is a whole syllable, and noise is hardly ever taken for several.
SCRIPTS: Mapping[str, Script] = {
    "kor": Script("Korean", re.compile("[가-힣]"), re.compile("[가-힣]"), 3, 2),
    "tha": Script("Thai", re.compile("[ก-ฮ]"), re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]"), 4, 3),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A line as it stands on a photo, and what the first reader made of it.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3)
        Upright; blue first.
    line : Line
        Its text may be empty.
    """

    pixels: NDArray[np.uint8]
    line: Line


def trained_data() -> dict[str, Path]:
    """Return the files of trained data that are here, by language of ``SCRIPTS``; none without tesserocr."""
    if importlib.util.find_spec("tesserocr") is None:
        return {}
    named = os.environ.get(FOLDER_VARIABLE, "")
    folders = [Path(named)] if named else [Path(folder) for folder in FOLDERS]
    found: dict[str, Path] = {}
    for language in SCRIPTS:
        file = next(filter(Path.is_file, (folder / f"{language}.traineddata" for folder in folders)), None)
        if file is not None:
            found[language] = file
    return found


def unread_scripts() -> tuple[str, ...]:
    """Return the names of the scripts that cannot be read here, such as ``('Korean', 'Thai')``."""
    found = trained_data()
    return tuple(script.name for language, script in SCRIPTS.items() if language not in found)


class ScriptReader:
    """Reads lines in some scripts. Threads must not share it; it is loaded at the first line.

    Parameters
    ----------
    files : mapping of str to Path
        As ``trained_data`` gives them.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.files = files
        self._engines: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """Which scripts are read: ``'+tesseract:kor,tha'``; '' for none."""
        return f"+tesseract:{','.join(self.files)}" if self.files else ""

    @property
    def hash(self) -> str:
        """Sha256 of whatever decides what is read: Tesseract's version, the trained data, and how lines are shown."""
        said = [repr((SCRIPTS, MOST_TRIED, HEIGHT_PX, MARGIN_PX, BLUR_PX, _LEAST_HEIGHT_PX, _LEAST_SHAPE, _MOSTLY))]
        if self.files:
            said.append(version("tesserocr"))
        said += [f"{language} {hashlib.sha256(file.read_bytes()).hexdigest()}" for language, file in self.files.items()]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    def lines(self, pieces: Sequence[Piece]) -> list[Line]:
        """Read lines.

        Parameters
        ----------
        pieces : sequence of Piece
            That the first reader could not read.

        Returns
        -------
        list of Line
            The letters of one script each, without all else, as sure as Tesseract is of a sign on average.
        """
        if not self.files:
            return []
        wide = [piece.pixels for piece in pieces if _may_be_a_line(piece.pixels)]
        shown = [_shown(pixels) for pixels in sorted(wide, key=lambda pixels: -pixels.size)[:MOST_TRIED]]
        read = [_line(SCRIPTS[language], self._words(language, image)) for language in self.files for image in shown]
        return [line for line in read if line is not None]

    def _words(self, language: str, image: Image.Image) -> list[tuple[str, float]]:
        from tesserocr import RIL, iterate_level

        engine = self._engine(language)
        if engine is None:
            return []
        engine.SetImage(image)
        engine.Recognize()
        found = engine.GetIterator()
        if found is None:
            return []
        return [
            (word.GetUTF8Text(RIL.WORD), word.Confidence(RIL.WORD) / 100)
            for word in iterate_level(found, RIL.WORD)
            if not word.Empty(RIL.WORD)
        ]

    def _engine(self, language: str) -> Any:
        if language not in self._engines:
            from tesserocr import OEM, PSM, PyTessBaseAPI

            folder = str(self.files[language].parent)
            try:
                engine = PyTessBaseAPI(path=folder, lang=language, psm=PSM.SINGLE_LINE, oem=OEM.LSTM_ONLY)
                engine.SetVariable("debug_file", os.devnull)  # else it prints what it thinks of small pictures
            except RuntimeError:  # all that tesserocr says of a file that it cannot use
                engine = None
                _log.warning(
                    "signal 'writing': trained data of Tesseract expected, found %s that it cannot use; %s letters are "
                    "not read. Install it again.", self.files[language], SCRIPTS[language].name,
                )  # fmt: skip
            self._engines[language] = engine
        return self._engines[language]


def _may_be_a_line(pixels: NDArray[np.uint8]) -> bool:
    height, width = pixels.shape[:2]
    return height >= _LEAST_HEIGHT_PX and bool(width >= _LEAST_SHAPE * height)


def _shown(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a line in grey, of one height, with a margin of the colour that its edges have."""
    grey = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])).convert("L")
    size = (max(1, round(grey.width * HEIGHT_PX / grey.height)), HEIGHT_PX)
    line = grey.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(BLUR_PX))
    rows = np.asarray(line)
    return ImageOps.expand(line, MARGIN_PX, int(np.median(rows[[0, -1]])))


def _line(script: Script, words: Sequence[tuple[str, float]]) -> Line | None:
    """Return the letters of a script in a line, or None where they are few or others are more."""
    text = "".join("".join(word.split()) for word, _ in words)
    letters = script.letters.findall(text)
    if len(letters) < script.fewest or len(set(letters)) < script.fewest_kinds:
        return None
    if len(script.signs.findall(text)) < _MOSTLY * len(text):
        return None
    length = sum(len(word) for word, _ in words)
    return Line("".join(letters), sum(len(word) * sure for word, sure in words) / length)
