"""What writing on a photo says about where a product comes from: the marks that are looked for, and their prior.

A mark is a ``Cue`` whose evidence lies in a photo. All priors are hand-set; none speaks for ``local``, since whoever
can paste a supplier's picture can paste a claim of local make as well.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.cues_catalogue import Cue

MOST = 2.0  # log-odds of all marks of a listing together: writing alone makes no listing certain
_MOST_LETTERS = 500  # of one line; a line on a photo has some thirty


@dataclass(frozen=True, slots=True)
class Line:
    """A line of writing: what was read, and how sure the reader is of it, 0 to 1."""

    text: str
    score: float


def _mark(name: str, prior: float, indonesian: str, english: str, why: str) -> Cue:
    return Cue(name, prior, frozenset(), (), (), frozenset(), None, why, {"id": indonesian, "en": english})


MARKS: tuple[Cue, ...] = (
    # A supplier's picture, or an imported package. Not more than 1.5: goods for Imlek are made here too.
    _mark("script.han", 1.5, "tulisan Tionghoa", "Chinese characters", "a supplier abroad captioned it"),
    _mark("script.hangul", 1.5, "tulisan Korea", "Korean letters", "an imported package, or a supplier's caption"),
    _mark("script.thai", 1.5, "tulisan Thai", "Thai letters", "an imported package, or a supplier's caption"),
    # Young brands here write kana for its looks.
    _mark("script.kana", 1.0, "tulisan Jepang", "Japanese letters", "an imported package, or a supplier's caption"),
    # What a product says of itself, against the interest of whoever shows it.
    _mark("origin.made_in", 2.0, "'made in' luar negeri", "'made in' a country abroad", "printed on the product"),
    # Who sells to resellers there marks his pictures; a maker has no reason to take one.
    _mark("market.wholesale", 2.0, "cap air 1688, Taobao …", "mark of a wholesale market abroad", "where it was taken"),
    # Also a name of shops here ('Alibaba'), and a brand that is worn and sold second-hand.
    _mark("market.abroad", 1.5, "cap air Alibaba, Shein …", "mark of a marketplace abroad", "where it was taken"),
    # 'Temu' is an Indonesian word (to meet): only as a line by itself, and then for half as much.
    _mark("market.temu", 1.0, "cap air Temu", "mark of Temu", "where it was taken"),
    # A supplier's number that was left on his picture.
    _mark("contact.china", 1.0, "nomor telepon Tiongkok", "phone number of China", "a supplier's own number"),
    _mark("contact.wechat", 0.5, "kontak WeChat", "WeChat contact", "used there, hardly here"),
    # Makers paste their numbers as often as resellers do: noted, no evidence.
    _mark("contact.local", 0.0, "nomor telepon Indonesia", "Indonesian phone number", "everybody does"),
    # Makers show one photo on several marketplaces: noted, no evidence.
    _mark("market.local", 0.0, "cap air marketplace Indonesia", "mark of an Indonesian marketplace", "everybody does"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rule:
    """When a line shows a mark.

    Parameters
    ----------
    mark : str
        Id of the mark.
    how : str
        ``'letters'``: at least two different letters match. ``'words'``: the pattern stands in the text.
        ``'squeezed'``: it stands in the text without blanks and signs, since a reader sets those as it likes.
        ``'line'``: it is all of the squeezed text. ``'number'``: it is a number's digits.
    pattern : str
        Without loops inside loops, so that it takes linear time.
    least : float
        How sure the reader has to be of the line.
    """

    mark: str
    how: str
    pattern: str
    least: float


# The reader takes patterns of batik for letters: mostly for one again and again ('米米米', up to 0.99), two different
# ones at no more than 0.75 (30 simulated photos) and 0.67 (242 real ones of batik). Captions of 84 real photos were
# read at 0.92 and more, those of 60 simulated ones at 0.86 and more.
# Tesseract, which reads Korean and Thai, was surest of what is none at 0.51 and 0.81 (343 real photos, 100 drawn ones).
_SURE, _QUITE, _LIKELY = 0.85, 0.8, 0.7
_ABROAD = "china|prc|taiwan|hongkong|thailand|korea|japan|vietnam|malaysia|india|pakistan|bangladesh|turkey|turkiye"
_RULES: tuple[_Rule, ...] = (
    _Rule("script.han", "letters", "[㐀-䶿一-鿿]", _SURE),
    _Rule("script.hangul", "letters", "[가-힣]", _LIKELY),
    _Rule("script.thai", "letters", "[ก-ฮ]", _SURE),
    _Rule("script.kana", "letters", "[ぁ-ゖァ-ヺ]", _SURE),
    _Rule("origin.made_in", "squeezed", f"madein(?:{_ABROAD})|中国制造|中國製造", _LIKELY),
    _Rule("market.wholesale", "squeezed", "1688com|taobao|tmallcom|pinduoduo|yiwugo|dhgate|淘宝|天猫|拼多多", _LIKELY),
    _Rule("market.wholesale", "line", "1688", _SURE),
    _Rule("market.abroad", "squeezed", "aliexpress|alibaba|madeinchinacom|阿里巴巴", _LIKELY),
    _Rule("market.abroad", "words", r"\bshein\b", _LIKELY),
    _Rule("market.temu", "line", "temu(?:com)?", _SURE),
    _Rule("contact.china", "number", r"(?:00)?861[3-9]\d{9}", _QUITE),
    _Rule("contact.wechat", "squeezed", "wechat|weixin|微信", _LIKELY),
    _Rule("contact.local", "number", r"(?:0|(?:00)?62)8\d{7,11}", _QUITE),
    _Rule("contact.local", "words", r"\bwhats ?app\b", _LIKELY),
    _Rule("market.local", "squeezed", "tokopedia|shopee|lazada|bukalapak|blibli|tiktokshop", _LIKELY),
)
RULES_HASH = hashlib.sha256(repr((_RULES, _MOST_LETTERS)).encode()).hexdigest()

_AT = {mark.id: at for at, mark in enumerate(MARKS)}
_PATTERNS = {rule.pattern: re.compile(rule.pattern) for rule in _RULES}
_NUMBER = re.compile(r"\d(?:[ ().-]{0,3}\d){8,17}")  # digits in groups, as people write phone numbers
_DIGIT, _SIGN = re.compile(r"\d"), re.compile(r"[\W_]+")


def marks_in(lines: Iterable[Line]) -> NDArray[np.float32]:
    """Tell which marks some lines show.

    Parameters
    ----------
    lines : iterable of Line
        Of one photo.

    Returns
    -------
    array of float32, shape (len(MARKS),)
        1 where the mark is there, 0 where not.
    """
    found = np.zeros(len(MARKS), dtype=np.float32)
    for line in lines:
        text = unicodedata.normalize("NFKC", line.text[:_MOST_LETTERS]).lower()[:_MOST_LETTERS]
        forms = {"letters": [text], "words": [text], "squeezed": [_SIGN.sub("", text)]}
        forms["line"] = forms["squeezed"]
        forms["number"] = ["".join(_DIGIT.findall(number)) for number in _NUMBER.findall(text)]
        for rule in _RULES:
            if line.score >= rule.least and any(_shows(rule, form) for form in forms[rule.how]):
                found[_AT[rule.mark]] = 1.0
    return found


def _shows(rule: _Rule, form: str) -> bool:
    pattern = _PATTERNS[rule.pattern]
    if rule.how == "letters":
        return len(set(pattern.findall(form))) >= 2
    if rule.how in ("line", "number"):
        return pattern.fullmatch(form) is not None
    return pattern.search(form) is not None
