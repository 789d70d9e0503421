"""What no signal may read, and how it is taken out of texts, specifications and places.

One table, for training and scoring alike:

| what | where | what is left |
|---|---|---|
| declared origin (``declarations``) | attributes, ``Key: value`` lines | nothing |
| a foreign place it is sent from (``declarations``) | ``ships_from``, ``Dikirim Dari`` | nothing; places here stay |
| the number of a registration (``registrations``) | texts, attributes | the word: 'BPOM', 'NA', 'P-IRT', 'SNI' |
| a claim of local origin (``claims``) | texts, attributes, names | nothing |

What is masked leaves no trace: no line of its own, no empty bracket, no second comma, no '!!', no pair of emoji around
it. So a text with a claim put in reads like the same text without, wherever the claim stands, unless it touches a word
that belongs to claims itself: in 'kulit asli' + 'lokal' the 'asli' goes too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from umkm_classifier.listings import claims, declarations, registrations
from umkm_classifier.listings.tidy import Edit, edited, tidied

# A pass can bring words together that make a claim ('asli (lokal) Solo'). Claims nested deeper than this were built to
# get through, and every word of them goes.
_MAX_PASSES = 4
_LONG_LINE = 5_000
_PART_PASSES = 3
_MARGIN = 500  # more than these passes times the longest reach

_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_ACCENTS = {
    char: base
    for char in map(chr, (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)))
    if (base := unicodedata.normalize("NFD", char)[0].lower()).isascii() and base.isalpha()
} | dict(zip("ıøØłŁđĐħĦ", "ioollddhh", strict=True))
_SEPARATORS = " ,;|/-–—&"
_BULLETS = "•·"  # after a claim that began a line, one of these begins the rest
_PAIRED = "_~+>*"  # they end a word as well ('*baru*', '5+'), and separate only where they stand alone
_SENTENCE_ENDS = ".?!"
_PARTING = _SENTENCE_ENDS + ",;|/-–—•·"
_WEAK = ",;"  # marks that give way to another one when what stood between the two is gone
_BRACKETS = dict(zip("([{«【「『（“‘", ")]}»】」』）”’", strict=True))
_ENCLOSING = "\"'*_~`|/-•·.,+"
_MOST_PICTURES = 20
_KEY_ALONE = re.compile(r"\W*(?:\w+[ _\-]){0,3}\w+ ?[:=]\W*")


def mask_text(text: str) -> str:
    """Return text without declarations and claims of origin and without registration numbers.

    Masking again changes nothing. Lines stay lines; one that held nothing else is gone.
    """
    if "\n" not in text:
        return _mask_line(tidied(text))
    tidy = [tidied(line) if line else line for line in text.split("\n")]
    if not _may_hold(skeleton("\n".join(tidy))):
        return _joined(tidy)
    lines: list[str] = []
    for line in tidy:
        masked = _mask_line(line)
        if line and not masked and _has_word(line):
            continue
        if lines and _declare_together(lines[-1], masked):
            lines.pop()
            continue
        lines.append(masked)
    return _joined(lines)


def mask_admissions(text: str) -> str:
    """Return text without admissions of foreign origin: 'import', 'buatan China', 'jastip Korea'."""
    pattern = declarations.admission_pattern()
    lines = []
    for line in text.split("\n"):
        masked = tidied(line)
        while spans := [match.span() for match in pattern.finditer(skeleton(masked))]:
            masked = _blanked(masked, spans)
        if _has_word(masked) or not _has_word(line):
            lines.append(masked)
    return _joined(lines)


def mask_ships_from(place: str) -> str:
    """Return the place that a listing is sent from, ``''`` when it lies abroad."""
    return "" if declarations.foreign_place().search(skeleton(place)) else place


def mask_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return specifications without what is masked.

    A pair goes when its key asks for the origin, when it is sent from abroad, and when a claim was all it held. A key
    that asks for a registration number stays, with an empty value if need be.
    """
    masked: dict[str, str] = {}
    for key, value in attributes.items():
        key, value = _mask_pair(key, value)
        if key and (value or registrations.KEY.search(skeleton(key))):
            masked.setdefault(key, value)
    return masked


def skeleton(text: str) -> str:
    """Return text of the same length in lower case and without accents, for patterns to read."""
    if text.isascii():
        return text.lower()
    plain = _ACCENTED.sub(lambda match: _ACCENTS.get(match[0], match[0]), text)
    low = plain.lower()
    return low if len(low) == len(text) else "".join(char.lower() if len(char.lower()) == 1 else char for char in plain)


def _mask_pair(key: str, value: str) -> tuple[str, str]:
    key = mask_text(key)
    low = declarations.plain_key(skeleton(key))
    if declarations.ORIGIN_KEY.fullmatch(low):
        return "", ""
    if declarations.SENT_FROM_KEY.fullmatch(low):
        value = mask_ships_from(value)
    value = mask_text(value)
    if registrations.KEY.search(low):
        key = _settled(key, registrations.key_edits)
        value = _settled(value, registrations.value_edits)
    return key, value


def _settled(text: str, find: Callable[[str], list[Edit]]) -> str:
    while edits := find(skeleton(text)):
        text = mask_text(edited(text, edits))
    return text


def _declare_together(key: str, value: str) -> bool:
    return bool(
        declarations.BARE_ORIGIN_LINE.fullmatch(skeleton(key))
        and declarations.country_line().fullmatch(skeleton(value))
    )


def _may_hold(low: str) -> bool:
    """Return whether there is any hint of what is masked."""
    hints = (claims.hint_pattern(), declarations.HINT, registrations.HINT)
    return any(hint.search(" " + low) for hint in hints)


def _mask_line(line: str) -> str:
    """Mask a tidy line; ``''`` when nothing but marks is left of it."""
    if not line or not _may_hold(skeleton(line)):
        return line
    masked = _mask_part(line)[0] if len(line) <= _LONG_LINE else _mask_long_line(line)
    return masked if _has_word(masked) or not _has_word(line) else ""


def _mask_part(line: str) -> tuple[str, int]:
    """Mask a line until nothing is left to mask; return it, and how many passes that took."""
    in_vain = 0  # how many of the three kinds of things were looked for in vain since the last was found
    for step in range(3 * (_MAX_PASSES + 2)):
        passes, kind = divmod(step, 3)
        before = line
        low = skeleton(line)
        if kind == 0:
            line = _blanked(line, [match.span() for match in (_every_word if passes == _MAX_PASSES else _claims)(low)])
        elif kind == 1:
            line = _blanked(line, [match.span() for match in _declarations(low)])
        elif edits := [registrations.edit(match) for match in _registrations(low)]:
            line = tidied(edited(line, edits))
        in_vain = in_vain + 1 if line == before else 0
        if in_vain == 3:
            return line, passes
    return line, _MAX_PASSES + 2


def _mask_long_line(line: str) -> str:
    """Mask only around what is found: further passes over a whole megabyte would look at what they saw before."""
    low = skeleton(line)
    found = sorted(match.span() for find in (_claims, _declarations, _registrations) for match in find(low))
    masked: list[str] = []
    at = 0
    parts = _parts_around(low, found)
    for start, end in parts:
        part, passes = _mask_part(line[start:end].strip())
        if passes > _PART_PASSES:  # what was freed may reach beyond the part
            return _mask_part(line)[0]
        masked += (line[at:start].strip(), part)
        at = end
    masked.append(line[at:].strip())
    return " ".join(filter(None, masked))


def _parts_around(low: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return parts of a line, cut at blanks, that hold the spans and a margin that no pass can reach across."""
    parts: list[tuple[int, int]] = []
    done = 0
    for start, end in spans:
        if end + _MARGIN <= done:
            continue
        start = low.rfind(" ", done, max(done, start - _MARGIN)) + 1
        end = low.find(" ", end + _MARGIN)
        done = len(low) if end == -1 else end
        if parts and start <= parts[-1][1]:
            start = parts.pop()[0]
        parts.append((start, done))
    return parts


def _claims(low: str) -> Iterator[re.Match[str]]:
    return _near(claims.claim_pattern(), claims.hint_pattern(), low, claims.REACH)


def _every_word(low: str) -> Iterator[re.Match[str]]:
    return claims.word_pattern().finditer(low)


def _declarations(low: str) -> Iterator[re.Match[str]]:
    return _near(declarations.declaration_pattern(), declarations.HINT, low, declarations.REACH)


def _registrations(low: str) -> Iterator[re.Match[str]]:
    return _near(registrations.PATTERN, registrations.HINT, low, registrations.REACH)


def _near(pattern: re.Pattern[str], hint: re.Pattern[str], low: str, reach: int) -> Iterator[re.Match[str]]:
    """Yield the matches of a costly pattern, looking for them only around the hits of a cheap one."""
    start, end = 0, -1
    for hit in hint.finditer(" " + low):  # a hint may ask for what stands before a word
        if hit.start() - reach > end:
            yield from _within(pattern, low, start, end)
            start = max(0, hit.start() - reach)
        end = min(len(low), hit.end() + reach)
    yield from _within(pattern, low, start, end)


def _within(pattern: re.Pattern[str], low: str, start: int, end: int) -> Iterator[re.Match[str]]:
    for match in pattern.finditer(low, start, end):
        # At the window's end a word may go on that the pattern took for whole.
        if match.end() < end or end == len(low) or not (low[end - 1].isalnum() and low[end].isalnum()):
            yield match


def _blanked(line: str, spans: list[tuple[int, int]]) -> str:
    """Blank spans of a line, and what was only there for their sake: a hash sign, quotes, a key, a comma at an end."""
    if not spans:
        return line
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and not _has_word(line[merged[-1][1] : start]):
            start, _ = merged.pop()
        merged.append((start, end))
    wide = [_with_marks(line, *_widened(line, *span)) for span in merged]
    start, end = wide[0]
    if not _has_word(line[:start]):
        wide[0] = start, _rest(line, end)
    start, end = wide[-1]
    if not _has_word(line[end:]):
        wide[-1] = _last_word(line, start), end
    masked = tidied(edited(line, [(start, end, " ") for start, end in wide]))
    start, end = wide[-1]
    key = line[:start].rstrip()
    was_value = key.endswith((":", "=")) and _has_word(key) and not _has_word(line[end:])
    return "" if was_value and _KEY_ALONE.fullmatch(masked) else masked


def _rest(line: str, end: int) -> int:
    """Return where a line goes on after a claim that began it."""
    while end < len(line):
        alone = line[end] in _PAIRED and line[end + 1 : end + 2] in ("", " ")
        if not alone and line[end] not in _SEPARATORS + _SENTENCE_ENDS + ":=":
            break
        end += 1
    return end


def _last_word(line: str, start: int) -> int:
    """Return where a line ends before a claim that ended it."""
    while start:
        alone = line[start - 1] in _PAIRED and line[max(0, start - 2) : start - 1] in ("", " ")
        if not alone and line[start - 1] not in _SEPARATORS + _BULLETS:
            break
        start -= 1
    return start


def _with_marks(line: str, start: int, end: int) -> tuple[int, int]:
    """Return a span with the marks that were its own: one of two that it stood between, and its '!!'."""
    left = start
    while left and line[left - 1] == " ":
        left -= 1
    before = line[left - 1 : left]
    right = end
    while right < len(line) and line[right] in _SENTENCE_ENDS + _WEAK:
        right += 1
    marks = line[end:right]
    if marks and right < len(line) and line[right].isalnum():  # '.5 ml'
        return start, end
    after = marks or line[right : right + 2].lstrip()[:1]
    if before and before in _WEAK and after and (after[0] in _PARTING or after in _BRACKETS.values()):
        return left - 1, end
    if marks and (_is_boundary(before) or not marks.strip("!")):
        return start, right
    return start, end


def _is_boundary(before: str) -> bool:
    """Return whether a mark begins a new part of a line: a stop, a dash, a bracket that opens, an emoji."""
    return bool(before) and not before.isalnum() and before not in "\"'”’%" and before not in _BRACKETS.values()


def _widened(line: str, start: int, end: int) -> tuple[int, int]:
    """Return a span with the hash signs, brackets, quotes, stars and emoji that enclose it."""
    while True:
        while start and line[start - 1] == "#":
            start -= 1
        # A tidy line has no two blanks in a row, nor any between a bracket and a word.
        before, after = line[start - 1 : start], line[end : end + 1]
        if before and after and (_BRACKETS.get(before) == after or (before == after and after in _ENCLOSING)):
            start, end = start - 1, end + 1
        elif (pictures := _pictures_around(line, start, end)) != (start, end):
            start, end = pictures
        else:
            return start, end


def _pictures_around(line: str, start: int, end: int) -> tuple[int, int]:
    """Return a span with the emoji around it, when they are the same on both sides: '✨ handmade ✨'."""
    left, right = start - (line[start - 1 : start] == " "), end + (line[end : end + 1] == " ")
    first, last = left, right
    while first and left - first < _MOST_PICTURES and _is_picture(line[first - 1]):
        first -= 1
    while last < len(line) and last - right < _MOST_PICTURES and _is_picture(line[last]):
        last += 1
    same = first < left and sorted(line[first:left]) == sorted(line[right:last])
    return (first, last) if same else (start, end)


def _is_picture(char: str) -> bool:
    return char > "\xff" and (unicodedata.category(char) in ("So", "Sk") or char in "\ufe0f\u200d")


def _joined(lines: list[str]) -> str:
    text = "\n".join(lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _has_word(text: str) -> bool:
    return any(map(str.isalnum, text))
