"""Tidying of a line, so that nothing tells where words were taken out of it.

The folding is done to every line, masked or not. Only then does a line with a claim put in read like the same line
without: 'Tas, lokal, pria' leaves 'Tas, , pria', and so both this and a typed ', ,' become ', '. For the same reason no
line ends in a mark that could have belonged to a claim: 'Tas. Lokal!' and 'Tas lokal.' both read 'Tas'.
"""

from __future__ import annotations

import re

# Start, end and what to put there.
Edit = tuple[int, int, str]

_BLANK = r" \t\r\x0b\x0c\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_MARK = r",;:|/•·\-–—+&.!>"
_PAIRED = "*_~"  # '*tebal* *halus*': of these only those that stand alone are folded
# Angle brackets are not among them: folded together, '< b >' would become a tag.
_OPENING, _CLOSING = r"(\[{«【「『（", r")\]}»】」』）"
# A line's last mark of these says nothing; '5+', '*tebal*' and 'Bahan:' keep theirs.
_LAST_MARKS = frozenset(",;|/•·-–—&.!")
_LAST = " " + "".join(sorted(_LAST_MARKS))
_BLANKS = re.compile(rf"[{_BLANK}]+")
_TWICE = re.compile(rf"([{_MARK}])(?:[{_BLANK}]+\1)+|(?<![^{_BLANK}])([{_PAIRED}])(?:[{_BLANK}]+\2)+(?![^{_BLANK}])")
_BRACKETS = re.compile(rf"([{_OPENING}][{_OPENING}{_BLANK}]*+)([{_CLOSING}][{_CLOSING}{_BLANK}]*+)?")
_AFTER_OPENING = re.compile(rf"(?<=[{_OPENING}])[{_BLANK}]+")
_BEFORE_MARK = re.compile(rf"[{_BLANK}]+(?=[,;.!?{_CLOSING}]+(?:[{_BLANK}]|\Z))")
# One class of characters in front makes the search skip quickly to where something may be amiss.
_UNTIDY = re.compile(
    rf"[{_BLANK}{_MARK}{_PAIRED}{_OPENING}](?:"
    rf"(?<=[{_BLANK}])(?=[{_BLANK}]|[,;.!?{_CLOSING}]+(?:[{_BLANK}]|\Z))|(?<=[^ \S])|(?<=([{_MARK}]))[{_BLANK}]+\1"
    rf"|(?<=([{_PAIRED}]))(?<![^{_BLANK}].)[{_BLANK}]+\2(?![^{_BLANK}])|(?<=[{_OPENING}])(?=[{_BLANK}{_CLOSING}]))"
)


def tidied(line: str) -> str:
    """Return a line without doubled blanks and marks, empty brackets and last marks, its marks next to words."""
    line = line.strip()
    while line[-1:] in _LAST_MARKS or _UNTIDY.search(line):
        line = _TWICE.sub(r"\1\2", _BLANKS.sub(" ", _BRACKETS.sub(_without_pairs, line)))
        line = _BEFORE_MARK.sub("", _AFTER_OPENING.sub("", line)).rstrip(_LAST).lstrip()
    return line


def _without_pairs(match: re.Match[str]) -> str:
    if match[2] is None:
        return match[0]
    opening, closing = "".join(match[1].split()), "".join(match[2].split())
    pairs = min(len(opening), len(closing))
    return opening[: len(opening) - pairs] + " " + closing[pairs:] + " "


def edited(text: str, edits: list[Edit]) -> str:
    """Return text with spans replaced: start, end, replacement, in any order; of two that overlap the first counts."""
    pieces: list[str] = []
    at = 0
    for start, end, replacement in sorted(edits):
        if start >= at:
            pieces += (text[at:start], replacement)
        at = max(at, end)
    pieces.append(text[at:])
    return "".join(pieces)
