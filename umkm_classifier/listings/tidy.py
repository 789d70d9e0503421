"""Tidying of a line, so that nothing tells where words were taken out of it.

The folding is done to every line, masked or not. Only then does a line with a claim put in read like the same line
without: 'Tas, lokal, pria' leaves 'Tas, , pria', and so both this and a typed ', ,' become ', '.
"""

from __future__ import annotations

import re

_BLANK = r" \t\r\x0b\x0c\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_MARK = r",;:|/•·~*_\-–—+&.!>"
_OPENING, _CLOSING = r"(\[{<«【「『（", r")\]}>»】」』）"
_BLANKS = re.compile(rf"[{_BLANK}]+")
_TWICE = re.compile(rf"([{_MARK}])(?:[{_BLANK}]+\1)+")
_BRACKETS = re.compile(rf"([{_OPENING}][{_OPENING}{_BLANK}]*+)([{_CLOSING}][{_CLOSING}{_BLANK}]*+)?")
# One class of characters in front makes the search skip quickly to where something may be amiss.
_UNTIDY = re.compile(
    rf"[{_BLANK}{_MARK}{_OPENING}](?:(?<=[{_BLANK}])(?=[{_BLANK}])|(?<=[^ \S])"
    rf"|(?<=([{_MARK}]))[{_BLANK}]+\1|(?<=[{_OPENING}])[{_BLANK}]*[{_CLOSING}])"
)
_LEFT_EDGE = re.compile(r"[\W_]*")


def tidied(line: str) -> str:
    """Return a line with blanks, marks that stand twice and empty brackets folded."""
    while _UNTIDY.search(line):
        line = _TWICE.sub(r"\1", _BLANKS.sub(" ", _BRACKETS.sub(_without_pairs, line)))
    return line.strip()


def _without_pairs(match: re.Match[str]) -> str:
    if match[2] is None:
        return match[0]
    opening, closing = "".join(match[1].split()), "".join(match[2].split())
    pairs = min(len(opening), len(closing))
    return opening[: len(opening) - pairs] + " " + closing[pairs:] + " "


def with_edges_of(line: str, masked: str) -> str:
    """Return the masked line with the marks at its ends that the line itself had: 'Tas - Lokal' leaves 'Tas'."""
    left, left_masked = _left_edge(line), _left_edge(masked)
    if len(left_masked) == len(masked):
        return masked
    if len(left_masked) > len(left):
        masked = left + masked[len(left_masked) :]
    right, right_masked = _left_edge(line[::-1]), _left_edge(masked[::-1])
    if len(right_masked) > len(right):
        masked = masked[: len(masked) - len(right_masked)] + right[::-1]
    return masked


def _left_edge(line: str) -> str:
    match = _LEFT_EDGE.match(line)
    return match[0] if match else ""


def edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Return text with spans replaced: start, end, replacement, in any order; of two that overlap the first counts."""
    pieces, at = [], 0
    for start, end, replacement in sorted(edits):
        if start >= at:
            pieces += (text[at:start], replacement)
        at = max(at, end)
    pieces.append(text[at:])
    return "".join(pieces)
