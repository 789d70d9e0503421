r"""The small language in which ``cues.toml`` says what to look for, and the states that a pattern is walked through.

| written | stands for |
|---|---|
| ``kain`` | that word, in lower case and without accents |
| ``jahit*`` | every word that begins so; three letters at least |
| ``(a\|b c)`` | one of these |
| ``[a\|b]`` | one of these or nothing |
| ``~2`` | up to two words or commas, of the same sentence |
| ``#`` | a number or a range of numbers: ``12``, ``1.250``, ``2,25``, ``7-14`` |
| ``#10..``, ``#..5``, ``#2..2.6`` | a number (of a range the lower one) within bounds, which belong to it |
| ``#-#`` | a range of numbers |
| ``:``, ``,``, ``%``, ``*`` | that sign; ``=`` is written ``:``, ``&`` and ``+`` are written ``dan`` |
| ``<han>`` | a word in Chinese or Japanese script |

A word runs over letters alone, a number over digits alone: ``10cm`` is written ``10 cm`` and ``3d`` is ``3 d``. Hyphens
inside words, quotes, brackets and slashes are blanks. Nothing repeats without a bound, so reading takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

SHORTEST_PREFIX = 3
_T = TypeVar("_T")
_PIECE = re.compile(
    r"(?P<bound>#(?:\d+(?:\.\d+)?)?\.\.(?:\d+(?:\.\d+)?)?)|(?P<range>#-#)|(?P<any>#)|~(?P<gap>[1-9])|(?P<han><han>)"
    r"|(?P<prefix>[a-z]+)\*|(?P<word>[a-z]+|[0-9]+(?:[.,][0-9]+)?|[:,%*])|(?P<sign>[()\[\]|])|(?P<blank> +)",
    re.ASCII,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+", re.ASCII)
_MOST_DIGITS = 12  # a longer number is none that a pattern bounds


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a pattern.

    Parameters
    ----------
    kind : {'word', 'prefix', 'number', 'gap', 'han'}
    text : str
        The word, or how it begins.
    low, high : float
        Bounds of a number, both belonging to it; of a gap ``high`` is the most words.
    is_range : bool
        Only a range of numbers will do.
    """

    kind: str
    text: str = ""
    low: float = 0.0
    high: float = float("inf")
    is_range: bool = False

    def fits(self, number: str) -> bool:
        """Tell whether a number as it stands in a text will do."""
        value, is_range = _read_number(number)
        if self.is_range and not is_range:
            return False
        return (self.low == 0.0 and self.high == float("inf")) or self.low <= value <= self.high


@lru_cache(maxsize=8192)
def _read_number(number: str) -> tuple[float, bool]:
    """Return a number, the lower one of a range, and whether it is a range; NaN when it is too long for any bound."""
    digits = _NUMBER.match(number)
    if digits is None or len(digits[0]) > _MOST_DIGITS:
        return float("nan"), digits is not None and digits.end() < len(number)
    if _THOUSANDS.fullmatch(digits[0]):
        value = float(digits[0].replace(".", "").replace(",", ""))
    else:
        whole, *decimals = re.split("[.,]", digits[0])
        value = float(f"{whole}.{''.join(decimals) or '0'}")
    return value, digits.end() < len(number)


@dataclass(frozen=True, slots=True)
class _Either:
    """A bracket: one of some sequences, or nothing if ``optional``."""

    ways: tuple[_Sequence, ...]
    optional: bool


_Sequence = tuple["Item | _Either", ...]


@dataclass(slots=True, eq=False)
class State:
    """A place in a pattern: what may come next, and which numbers it gives to whoever has come this far."""

    words: dict[str, list[State]] = field(default_factory=dict)
    prefixes: dict[str, list[tuple[str, State]]] = field(default_factory=dict)  # by their first three letters
    numbers: list[tuple[Item, State]] = field(default_factory=list)
    han: list[State] = field(default_factory=list)
    anything: list[State] = field(default_factory=list)  # after any word of the sentence
    ends: tuple[int, ...] = ()


def compiled(pattern: str, number: int) -> State:
    """Return where a pattern begins; ``number`` is given where it ends.

    Raises
    ------
    ValueError
        If the pattern is not written in the language, stands for nothing, or has a gap at an end.
    """
    pieces = list(_pieces(pattern))
    ways, rest = _either(pattern, pieces, 0)
    if rest != len(pieces):
        raise ValueError(f"pattern {pattern!r}: an opened bracket expected, found '{pieces[rest]}'. Take it out.")
    end = State(ends=(number,))
    begin = merged([_before(way, end) for way in ways])
    if begin.ends or begin.anything or any(not isinstance(way[-1], _Either) and way[-1].kind == "gap" for way in ways):
        raise ValueError(
            f"pattern {pattern!r}: something to look for at both ends expected, found none. Mend or remove it."
        )
    return begin


def merged(states: Iterable[State]) -> State:
    """Return one state for being in several at once."""
    both = State()
    for state in states:
        for word, following in state.words.items():
            _add(both.words.setdefault(word, []), following)
        for begin, known in state.prefixes.items():
            _add(both.prefixes.setdefault(begin, []), known)
        _add(both.numbers, state.numbers)
        _add(both.han, state.han)
        _add(both.anything, state.anything)
        both.ends = tuple(dict.fromkeys(both.ends + state.ends))
    return both


def _add(known: list[_T], more: Iterable[_T]) -> None:
    known += [one for one in more if one not in known]


def _before(parts: _Sequence, then: State) -> State:
    """Return the state from which a sequence leads to another."""
    for part in reversed(parts):
        if isinstance(part, _Either):
            ways = [_before(way, then) for way in part.ways]
            then = merged([*ways, then] if part.optional else ways)
        elif part.kind == "gap":
            after = then
            for _ in range(int(part.high)):
                then = merged([State(anything=[then]), after])
        else:
            then = _before_item(part, then)
    return then


def _before_item(item: Item, then: State) -> State:
    if item.kind == "word":
        return State(words={item.text: [then]})
    if item.kind == "prefix":
        return State(prefixes={item.text[:SHORTEST_PREFIX]: [(item.text, then)]})
    if item.kind == "number":
        return State(numbers=[(item, then)])
    return State(han=[then])


def _pieces(pattern: str) -> Iterator[Item | str]:
    at = 0
    while at < len(pattern):
        match = _PIECE.match(pattern, at)
        if match is None:
            raise ValueError(
                f"pattern {pattern!r}: the language of cues_pattern.py expected, found {pattern[at]!r}. Rewrite it."
            )
        at = match.end()
        if not match["blank"]:
            yield _piece(pattern, match)


def _piece(pattern: str, match: re.Match[str]) -> Item | str:
    if match["sign"]:
        return match["sign"]
    if match["word"]:
        return Item("word", match["word"])
    if match["prefix"]:
        if len(match["prefix"]) < SHORTEST_PREFIX:
            raise ValueError(
                f"pattern {pattern!r}: {SHORTEST_PREFIX} letters or more before '*' expected, found "
                f"{len(match['prefix'])}. Add some."
            )
        return Item("prefix", match["prefix"])
    if match["gap"]:
        return Item("gap", high=float(match["gap"]))
    if match["han"]:
        return Item("han")
    if match["bound"]:
        low, high = match["bound"][1:].split("..")
        return Item("number", low=float(low or 0), high=float(high or "inf"))
    return Item("number", is_range=bool(match["range"]))


def _either(pattern: str, pieces: Sequence[Item | str], at: int) -> tuple[tuple[_Sequence, ...], int]:
    """Read ways up to the bracket that closes them, or to the end."""
    ways: list[_Sequence] = []
    while True:
        way, at = _sequence(pattern, pieces, at)
        if not way:
            raise ValueError(f"pattern {pattern!r}: a word beside each '|' and bracket expected, found none. Add one.")
        ways.append(way)
        if at >= len(pieces) or pieces[at] != "|":
            return tuple(ways), at
        at += 1


def _sequence(pattern: str, pieces: Sequence[Item | str], at: int) -> tuple[_Sequence, int]:
    parts: list[Item | _Either] = []
    while at < len(pieces) and pieces[at] not in ("|", ")", "]"):
        piece = pieces[at]
        if isinstance(piece, Item):
            parts.append(piece)
            at += 1
            continue
        ways, at = _either(pattern, pieces, at + 1)
        closing = {"(": ")", "[": "]"}[piece]
        if at >= len(pieces) or pieces[at] != closing:
            raise ValueError(f"pattern {pattern!r}: '{closing}' for every '{piece}' expected, found none. Close it.")
        parts.append(_Either(ways, optional=piece == "["))
        at += 1
    return tuple(parts), at
