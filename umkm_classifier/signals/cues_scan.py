"""Find the patterns of all cues in a text at once.

All patterns (``cues_pattern``) begin in one table of words. Most words of a text begin none, so reading a text costs
about one look-up a word; where one begins, only the patterns that begin so are walked, each a bounded number of words.

What is asked, denied or compared is not what a listing says of itself: questions ('apakah ini printing?', 'Q: …') are
left out, and so is a hit after 'bukan', 'tidak pakai', 'beda dengan' and the like.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from umkm_classifier.listings.mask import skeleton
from umkm_classifier.signals.cues_pattern import SHORTEST_PREFIX, State, compiled, merged

MOST_CHARACTERS = 12_000  # of a text; a title and a description of a table are cut to 11,000
_SYMBOLS = "\u2022\u25a0-\u27bf\u2b00-\u2bff\ufffd\U0001f000-\U0001faff"  # sellers begin lines with them
_TOKEN = re.compile(
    r"[a-z]+|[0-9]+(?:[.,][0-9]+)*(?: ?(?:[-–~]|s/d|sd|sampai|hingga) ?[0-9]+(?:[.,][0-9]+)*)?|[,:%*.!?;|\n#]"
    rf"|(?<=\s)[-–—](?=\s)|[^\W\d_]+|[{_SYMBOLS}]"
)
_DIGITS = frozenset("0123456789")
_WITHIN = frozenset(",:%*-–—#")  # signs that a sentence goes on after
_MOST_ASKED = 25  # words of a question; a seller who never writes a full stop has not asked the whole text

# A buyer's question as a seller quotes it: to the end of the line, or to the answer.
_ASKED_BY = r"(?:q|tanya|pertanyaan|question|buyer|pembeli|customer)[ \d]{0,3}[:.)]"
_QUOTED = re.compile(
    rf"^\W{{0,3}}{_ASKED_BY}(?:(?!\b(?:a|j|jwb|jawab|jawaban|answer|admin|seller) ?[:.)])[^\n?]){{0,200}}",
    re.MULTILINE,
)
_MAY_QUOTE = re.compile(rf"\b{_ASKED_BY}")

NEGATORS = frozenset(
    (
        "bukan", "bkn", "bukanlah", "tidak", "tdk", "tak", "tanpa", "gak", "ga", "nggak", "enggak", "ngga", "gk",
        "no", "non", "not", "without", "belum", "jangan", "jgn", "hindari", "dilarang", "beda", "berbeda",
        "dibanding", "dibandingkan", "daripada", "ketimbang", "versus", "vs", "menyerupai", "mirip",
    )
)  # fmt: skip
_ONLY = frozenset(("hanya", "cuma", "sekedar", "sekadar", "saja", "melulu"))  # 'tidak hanya printing' denies nothing
# Words that may stand between 'bukan' and what it denies.
CARRIERS = frozenset(
    (
        "hasil", "produk", "barang", "batik", "kain", "motif", "teknik", "bahan", "pakai", "pake", "memakai",
        "menggunakan", "dengan", "dgn", "dari", "jenis", "model", "yang", "yg", "proses", "cetak", "sablon", "print",
        "printing", "atau", "maupun", "dan", "apalagi", "ada", "mengandung", "campuran", "buatan", "mesin", "bisa",
        "boleh", "menerima", "terima", "melayani", "seperti", "sama", "di", "dicuci", "cuci", "termasuk", "untuk",
        "secara", "tekstil", "pabrik", "kayu", "buat", "dibuat", "itu", "pernah", "mau", "ini", "sajadah", "tasbih",
        "koko", "baju", "kemeja", "pewarna", "warna", "tinta", "biji", "manik",
    )
)  # fmt: skip
_FARTHEST = 5  # words between a denial and what it denies


class Scanner:
    """Everything that some cues look for; a cue is known by its position.

    Parameters
    ----------
    patterns : sequence of sequence of str
        Patterns of each cue.
    vetoes : sequence of sequence of str
        Patterns of each cue that void what they overlap: 'kain import' for 'import'.

    Raises
    ------
    ValueError
        If a pattern is not written in the language of ``cues_pattern``.
    """

    def __init__(self, patterns: Sequence[Sequence[str]], vetoes: Sequence[Sequence[str]]) -> None:
        self._has_veto = [bool(veto) for veto in vetoes]
        begin = merged(
            [compiled(pattern, cue) for cue, sought in enumerate(patterns) for pattern in sought]
            + [compiled(pattern, -1 - cue) for cue, unless in enumerate(vetoes) for pattern in unless]
        )
        self._words = {word: merged(following) for word, following in begin.words.items()}
        self._begin = begin

    def fired(self, text: str) -> dict[int, str]:
        """Return the cues that a text fires, whatever the good, each with the words on which it first does.

        Parameters
        ----------
        text : str
            Cleaned and masked; beyond ``MOST_CHARACTERS`` it is not read.
        """
        words = tokens(text)
        found: dict[int, str] = {}
        hits: dict[int, list[tuple[int, int]]] = {}
        vetoes: dict[int, list[tuple[int, int]]] = {}
        for start, end, cue in self._hits(words):
            if cue < 0:
                vetoes.setdefault(-1 - cue, []).append((start, end))
            elif cue not in found and not _is_denied(words, start):
                if self._has_veto[cue]:
                    hits.setdefault(cue, []).append((start, end))
                else:
                    found[cue] = " ".join(words[start:end])
        for cue, spans in hits.items():
            span = _first_free(spans, vetoes.get(cue, ()))
            if span is not None:
                found[cue] = " ".join(words[span[0] : span[1]])
        return found

    def _hits(self, words: Sequence[str]) -> list[tuple[int, int, int]]:
        """Return start, end and cue of every pattern that stands in the text, by start."""
        first, begin = self._words, self._begin
        hits: list[tuple[int, int, int]] = []
        for start, word in enumerate(words):
            state = first.get(word)
            if state is not None:
                _walk([state], words, start, hits)
            if begin.prefixes and word[:SHORTEST_PREFIX] in begin.prefixes:
                _walk(_after_prefix(begin, word), words, start, hits)
            if word[0] in _DIGITS:
                _walk(_after_number(begin, word), words, start, hits)
            elif begin.han and _is_han(word):
                _walk(begin.han, words, start, hits)
        return hits


def tokens(text: str) -> list[str]:
    """Return the words, numbers and signs that patterns are compared with; questions are left out."""
    low = skeleton(text[:MOST_CHARACTERS])
    if _MAY_QUOTE.search(low):
        low = _QUOTED.sub(" ", low)
    words: list[str] = _TOKEN.findall(low.replace("&", " dan ").replace("+", " dan ").replace("=", ":"))
    return _statements(words) if "?" in words or "apakah" in words else words


def _statements(words: Sequence[str]) -> list[str]:
    """Take out what is asked: the words before a question mark, and 'apakah' with the words after it."""
    kept: list[str] = []
    since = 0
    for word in [*words, "\n"]:
        if not _ends_sentence(word):
            kept.append(word)
            continue
        if word == "?":
            del kept[max(since, len(kept) - _MOST_ASKED) :]
        elif "apakah" in kept[since:]:
            at = kept.index("apakah", since)
            kept[at : at + _MOST_ASKED] = ["?"]
        kept.append(word)
        since = len(kept)
    return kept


def _walk(states: Sequence[State], words: Sequence[str], start: int, hits: list[tuple[int, int, int]]) -> None:
    """Go on from a first word as long as some pattern does."""
    at = start + 1
    n = len(words)
    while states:
        for state in states:
            for cue in state.ends:
                hits.append((start, at, cue))
        if at == n:
            return
        word = words[at]
        after: list[State] = []
        for state in states:
            found = state.words.get(word)
            if found is not None:
                after += found
            if state.prefixes:
                after += _after_prefix(state, word)
            if state.numbers and word[0] in _DIGITS:
                after += _after_number(state, word)
            if state.anything and not _ends_sentence(word):
                after += state.anything
            if state.han and _is_han(word):
                after += state.han
        states = after if len(after) < 2 else list(dict.fromkeys(after))
        at += 1


def _after_prefix(state: State, word: str) -> list[State]:
    known = state.prefixes.get(word[:SHORTEST_PREFIX], ())
    return [following for prefix, following in known if word.startswith(prefix)]


def _after_number(state: State, word: str) -> list[State]:
    return [following for item, following in state.numbers if item.fits(word)]


def _first_free(hits: Sequence[tuple[int, int]], vetoes: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the first hit that overlaps no veto; both come by start."""
    starts = [start for start, _ in vetoes]
    farthest = list(accumulate((end for _, end in vetoes), max))
    for start, end in hits:
        begun = bisect_left(starts, end)  # vetoes that start before the hit ends
        if not begun or farthest[begun - 1] <= start:
            return start, end
    return None


def _is_han(word: str) -> bool:
    return "\u3040" <= word[0] <= "\u30ff" or "\u4e00" <= word[0] <= "\u9fff"


def _ends_sentence(word: str) -> bool:
    return not word[0].isalnum() and word not in _WITHIN


def _is_denied(words: Sequence[str], start: int) -> bool:
    """Tell whether what stands at ``start`` is denied, forbidden or compared with."""
    for at in range(start - 1, max(-1, start - 1 - _FARTHEST), -1):
        word = words[at]
        if word in NEGATORS:
            return words[at + 1] not in _ONLY
        if word not in CARRIERS:
            return False
    return False
