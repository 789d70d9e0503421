"""Text without HTML, in time that grows with its length.

``html.parser`` would read more of HTML, but on Python 3.11 its time grows with the square of the length: 39,000
characters of ``'<a '`` took it 31 seconds. What a listing needs is less: tags out, entities read, scripts gone.
"""

from __future__ import annotations

import html
import re

# A tag never runs across another '<': the search looks at each character a bounded number of times.
_TAG = re.compile(r"<!--|-->|<(/?)([A-Za-z][A-Za-z0-9:-]*)[^<>]*>|<[!?][A-Za-z\[][^<>]*>")
_MAYBE_TAG = re.compile(r"<[A-Za-z/!?]")
# Only with its semicolon: 'meja&kursi' and 'black&reguler' are no entities, though a browser reads '&reg'.
_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
_AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0{0,4}38|#[xX]0{0,4}26);)+")
_BREAKING = frozenset((
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul",
))  # fmt: skip
_SPACING = frozenset(("td", "th", "option", "img"))
_UNSEEN = frozenset(("script", "style", "template"))


def without_markup(text: str) -> str:
    """Return text without tags, comments and scripts, and with entities read once.

    A tag that ends a block becomes a line break, one inside a line nothing; ``'a < b'`` and an unfinished ``'<b'``
    stay.
    """
    if "<" in text and _MAYBE_TAG.search(text):
        text = _without_tags(text)
    if "&" in text and ";" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), _AMPERSANDS.sub("&amp;", text))
    return text


def _without_tags(text: str) -> str:
    last_comment_end = text.rfind("-->")
    last_closing = {name: text.lower().rfind(f"</{name}") for name in _UNSEEN}
    kept: list[str] = []
    at = 0
    waiting_for = ""  # what ends the part that is not seen: '-->' or the name of an element
    for match in _TAG.finditer(text):
        whole, closes, name = match[0], bool(match[1]), (match[2] or "").lower()
        if waiting_for:
            if whole == waiting_for or (closes and name == waiting_for):
                waiting_for = ""
                at = match.end()
            continue
        if whole == "-->":
            continue
        if whole == "<!--" and match.end() > last_comment_end:
            continue  # never closed: keep what follows
        kept.append(text[at : match.start()])
        at = match.end()
        if whole == "<!--":
            waiting_for = "-->"
        elif name in _UNSEEN and not closes and last_closing[name] >= match.end():
            waiting_for = name
        elif name in _BREAKING:
            kept.append("\n")
        elif name in _SPACING:
            kept.append(" ")
    kept.append("" if waiting_for else text[at:])
    return "".join(kept)
