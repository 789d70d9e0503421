"""Real photos that show the same, as told by looking at each pair; and how the benchmark judges matches.

Photos are named by the beginning of the SHA-256 of their file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PIL import Image

from umkm_classifier.simulate.edits import Photo

RIGHT, SECOND, WRONG = "right", "second shot", "wrong"
SAME, UNLIKE = "same picture", "other cloth"
PREFIX = 12
_SIDE = 220

#: Pairs that were found for photos as they are or for edited ones, each looked at. A second shot shows the same cloth
#: from elsewhere; ``UNLIKE`` is another cloth or good, often of the same motif, which counts as wrong.
PAIRS: tuple[tuple[str, str, str], ...] = (
    ("b19cb4cc5d96", "fccb0928ad1a", SAME),
    ("3e429bce413f", "12043eb3efcd", SAME),
    ("25dd1339704a", "e436cd51ab95", SAME),
    ("f043a12fbbf4", "282f5b0cb809", SAME),
    ("4daecf5a2800", "da473d43db39", SAME),
    ("06f36bc0dd7c", "48501222e7ef", SAME),
    ("11ac6a83ad18", "d4b4c6621386", SAME),
    ("861dec35da12", "e4273b60f1b3", SAME),
    ("229d22284d16", "647baed00d5e", SAME),
    ("c34c53978b6a", "481776fb1282", SAME),
    ("69d050ea73dc", "76e3a81e4097", SAME),
    ("e578c1231ebf", "f9f4fff49bc1", SAME),
    ("89642c1d49ff", "23ed2b840957", SECOND),
    ("bf87582fabef", "777a18a6448d", SECOND),
    ("75599851d6b0", "f65ce9843ac0", SECOND),
    ("f1dbeff90f8b", "eb5752ec3160", SECOND),
    ("7cad69ce931c", "118e008193f7", UNLIKE),
    ("4715adeacb1b", "5016e86e7b2f", UNLIKE),
    ("4715adeacb1b", "777a18a6448d", UNLIKE),
    ("b29ee846af2b", "c15d03ec3408", UNLIKE),
    ("7000a27f0863", "08992e86bab9", UNLIKE),
    ("2f8f8a81a974", "08992e86bab9", UNLIKE),
    ("e3f9aa8cedff", "111cc526c402", UNLIKE),
    ("331c55439bc2", "d4b4c6621386", UNLIKE),
    ("331c55439bc2", "11ac6a83ad18", UNLIKE),
    ("f3edbf589c80", "e25a3f180203", UNLIKE),
    ("73c649cebcbb", "63a29b33ef2f", UNLIKE),
    ("35cd45ef6324", "e15dd52df8b8", UNLIKE),
    ("e5b6ebecaa9e", "4715adeacb1b", UNLIKE),
    ("4715adeacb1b", "63a29b33ef2f", UNLIKE),
    ("63a29b33ef2f", "5016e86e7b2f", UNLIKE),
    ("b06b679b66cb", "eee800a9b3f6", UNLIKE),
    ("7cad69ce931c", "18ed65fcd90d", UNLIKE),
    ("6cf073b99adb", "af55ebfa949a", UNLIKE),
)

Kinds = Mapping[frozenset[int], str]


def kinds_of(contents: Sequence[str], pairs: Iterable[tuple[str, str, str]] = PAIRS) -> dict[frozenset[int], str]:
    """Return what is known of pairs of photos, by their place; pairs of which one is not there are left out."""
    place = {content[:PREFIX]: at for at, content in enumerate(contents)}
    return {frozenset((place[a], place[b])): kind for a, b, kind in pairs if a in place and b in place}


def judged(found: int, shown: Iterable[int], kinds: Kinds) -> str:
    """Say of a match whether it is right, a second shot of what is shown, or wrong.

    Parameters
    ----------
    found : int
        Photo of the index that was found.
    shown : iterable of int
        Photos of the index that the asked picture was made of.
    kinds : mapping
        From ``kinds_of``.
    """
    shown = frozenset(shown)
    if found in shown:
        return RIGHT
    said = {kinds.get(frozenset((found, one))) for one in shown}
    return RIGHT if SAME in said else SECOND if SECOND in said else WRONG


def sheet(pairs: Sequence[tuple[Photo, Photo]], columns: int = 4) -> Photo:
    """Lay pairs of photos side by side, to be looked at."""
    rows = -(-len(pairs) // columns)
    canvas = Image.new("RGB", (columns * (2 * _SIDE + 20), max(1, rows) * (_SIDE + 10)), (255, 0, 255))
    for at, pair in enumerate(pairs):
        row, column = divmod(at, columns)
        for second, photo in enumerate(pair):
            left = column * (2 * _SIDE + 20) + second * _SIDE
            canvas.paste(photo.resize((_SIDE, _SIDE)), (left, row * (_SIDE + 10)))
    return canvas
