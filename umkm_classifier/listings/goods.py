"""Which good a listing is: one of about seventy, or ``'other'`` when unsure.

An Indonesian title names the thing first ("sandal batik" is a sandal), so the first name in it decides, unless another
good is named far more often ("gula bag, tas wanita, tas selempang, tas bahu"). Names, and the words that make a name
count for nothing (gifts: "free tasbih"; uses: "kain untuk koko"), stand as data in ``goods.toml``. Brand and shop are
never read: a good must not depend on who sells it.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from umkm_classifier.listings.listing import Listings, ObjectArray

OTHER = "other"

# Goods of the mayor's agreement; batik counts as one, whether sold as cloth or sewn.
STORY_GOODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "batik": ("batik_cloth", "batik_garment"),
        "koko": ("koko",),
        "sajadah": ("sajadah",),
        "tasbih": ("tasbih",),
    }
)

# '|' stands for anything that ends a phrase; a hyphen does so only between spaces ("t-shirt" is one phrase).
_TOKEN = re.compile(r"[^\W_]+|[+&,]|[|()\[\]{}/;:!?.~\u2022]|(?<=\s)[-\u2013\u2014](?=\s)")
_PRICE = re.compile(r"\d*(?:rb|ribu|k)")  # "100rb dapat 4 kaos" sells the shirts, it does not give them away
_MAX_CHARS = 600  # no title is longer; a description pasted into it must not cost time
_NEAR = 8  # words between a name and a word that changes it; keyword tails of titles start later
_OUTNUMBERED = 3  # names of one other good that outweigh a lone first name

_NAME, _HINT, _NOTHING, _CHILD = 0, 1, 2, 3


class _Hit(NamedTuple):
    """A phrase found in a title: at which word, and what it says."""

    at: int
    good: str
    kind: int


class _Phrase(NamedTuple):
    """The words that follow a phrase's first word, and what the phrase says."""

    rest: list[str]
    kind: int
    good: str


@dataclass(frozen=True, slots=True)
class _Table:
    """The content of ``goods.toml``, ready to be searched."""

    families: dict[str, str]
    phrases: dict[str, list[_Phrase]]  # by first word, the longest first
    categories: dict[str, str]
    words: dict[str, frozenset[str]]
    turns: dict[tuple[str, str], str]  # (good, word near it) to good
    loose_turns: dict[tuple[str, str], str]  # the same and more, for a good that only a hint speaks for
    closer: dict[str, frozenset[str]]
    aside: frozenset[str]  # words that put the next phrase aside


@cache
def _table() -> _Table:
    """Read the data at first use: parsing it takes longer than importing this package should."""
    raw = tomllib.loads(resources.files(__package__).joinpath("goods.toml").read_text(encoding="utf-8"))
    return _Table(
        families={good["id"]: good["family"] for good in raw["good"]} | {OTHER: OTHER},
        phrases=_phrases(raw),
        categories={level: good["id"] for good in raw["good"] for level in good.get("categories", ())},
        words={name: frozenset(values) for name, values in raw["words"].items()},
        turns=_turns(raw["turn"], loose=False),
        loose_turns=_turns(raw["turn"], loose=False) | _turns(raw["turn"], loose=True),
        closer={rule["good"]: frozenset(rule["than"]) for rule in raw["closer"]},
        aside=frozenset(raw["words"]["gift"]) | frozenset(raw["words"]["use"]),
    )


def _turns(rules: Iterable[Mapping[str, Any]], *, loose: bool) -> dict[tuple[str, str], str]:
    chosen = [rule for rule in rules if rule.get("loose", False) == loose]
    return {(good, word): rule["into"] for rule in chosen for word in rule["words"] for good in rule["goods"]}


def _phrases(raw: Mapping[str, Any]) -> dict[str, list[_Phrase]]:
    """Index the phrases of all goods, and the words that put what follows aside, by first word."""
    phrases: dict[str, list[_Phrase]] = {}

    def add(texts: Iterable[str], kind: int, good: str = "") -> None:
        for text in texts:
            first, *rest = text.split()
            phrases.setdefault(first, []).append(_Phrase(rest, kind, good))

    for good in raw["good"]:
        add(good["names"], _NAME, good["id"])
        add(good.get("hints", ()), _HINT, good["id"])
        add(good.get("not_names", ()), _NOTHING)
    add(raw["words"]["not_names"], _NOTHING)
    add(raw["words"]["child"], _CHILD)
    for known in phrases.values():
        known.sort(key=lambda phrase: (-len(phrase.rest), phrase.kind))
    return phrases


# Good to family: about a dozen kinds of similar trade, each good of the story a family of its own.
FAMILIES: Mapping[str, str]


def __getattr__(name: str) -> Mapping[str, str]:
    if name == "FAMILIES":
        return MappingProxyType(_table().families)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@lru_cache(maxsize=2048)  # several signals ask for the good of each row of a batch
def good_of(title: str, category: str = "") -> str:
    """Return the good that a listing is.

    Parameters
    ----------
    title : str
        Cleaned and masked title; '' when missing.
    category : str
        Levels joined by ``' > '`` or ``'/'``; '' when missing. It chooses between names of different families that
        stand in the title, and decides alone only when none does.

    Returns
    -------
    str
        A key of ``FAMILIES``; ``'other'`` when nothing says what the thing is.
    """
    tokens = _TOKEN.findall(title[:_MAX_CHARS].lower())
    hits = _hits(tokens)
    names = [hit for hit in hits if hit.kind == _NAME]
    hints = [hit for hit in hits if hit.kind == _HINT]
    by_category = _good_of_category(category)
    if names:
        head = _head(names, by_category)
    elif by_category:
        head = _Hit(0, by_category, _NAME)
    elif hints:
        head = hints[0]
    else:
        return OTHER
    good = _closer(head, tokens, names)
    return "kids_clothes" if good in _table().words["child_goods"] and _is_for_child(hits, tokens) else good


def goods_of(listings: Listings) -> ObjectArray:
    """Return the good of every listing, str objects of shape (n,), by its title and category."""
    goods = np.empty(len(listings), dtype=object)
    goods[:] = [good_of(t, c) for t, c in zip(listings.column("title"), listings.column("category"), strict=True)]
    return goods


def _hits(tokens: Sequence[str]) -> list[_Hit]:
    """Find the phrases of the table, left to right, the longest first; a phrase uses its words up.

    What is put aside (a gift, a use), what is joined to it ("free peci dan tasbih") and a packing that is counted
    ("3 toples") leave no hit.
    """
    table = _table()
    phrases, joint, measure = table.phrases, table.words["joint"], table.words["measure"]
    hits: list[_Hit] = []
    n = len(tokens)
    at = 0
    aside_at = -1
    while at < n:
        token = tokens[at]
        known = phrases.get(token)
        phrase = _longest(known, tokens, at) if known is not None else None
        if phrase is None:
            if token in table.aside and not (at and _PRICE.fullmatch(tokens[at - 1])):
                aside_at = _after_fillers(tokens, at + 1)
            at += 1
            continue
        end = at + 1 + len(phrase.rest)
        if at == aside_at:
            if end < n and tokens[end] in joint:
                end += 1
                aside_at = _after_fillers(tokens, end)
        elif phrase.kind != _NOTHING and not (token in measure and at and tokens[at - 1].isdigit()):
            hits.append(_Hit(at, phrase.good, phrase.kind))
        at = end
    return hits


def _longest(known: Sequence[_Phrase], tokens: Sequence[str], at: int) -> _Phrase | None:
    for phrase in known:
        if not phrase.rest or tokens[at + 1 : at + 1 + len(phrase.rest)] == phrase.rest:
            return phrase
    return None


def _after_fillers(tokens: Sequence[str], at: int) -> int:
    """Step over counts and fillers ("free 2 pcs tasbih", "free box & tasbih")."""
    filler, joint = _table().words["filler"], _table().words["joint"]
    while at < len(tokens) and (tokens[at] in filler or tokens[at] in joint or tokens[at].isdigit()):
        at += 1
    return at


def _head(names: Sequence[_Hit], by_category: str) -> _Hit:
    """Choose the name that says what the thing is: the first, unless category or sheer number speaks for another."""
    table = _table()
    first = names[0]
    if first.good in table.words["kept"] or len(names) == 1:
        return first
    # Within a family a title is the better judge: sellers choose 'rompi anak' for any child's top.
    if table.families.get(by_category, "") != table.families[first.good]:
        for name in names:
            if name.good == by_category:
                return name
    if len(names) <= _OUTNUMBERED:
        return first
    counts = Counter(name.good for name in names if name.good not in table.words["listed"])
    most, number = counts.most_common(1)[0] if counts else (first.good, 0)
    if number >= _OUTNUMBERED and sum(name.good == first.good for name in names) == 1:
        return next(name for name in names if name.good == most)
    return first


def _closer(head: _Hit, tokens: Sequence[str], names: Sequence[_Hit]) -> str:
    """Let words near the head make it closer: a koko among shirts, batik among garments."""
    table = _table()
    for name in names:
        if 0 < name.at - head.at <= _NEAR and head.good in table.closer.get(name.good, ()):
            return name.good
    turns = table.loose_turns if head.kind == _HINT else table.turns
    for token in tokens[: head.at + _NEAR]:
        turned = turns.get((head.good, token))
        if turned is not None:
            return turned
    return head.good


def _is_for_child(hits: Sequence[_Hit], tokens: Sequence[str]) -> bool:
    says_child = any(hit.kind == _CHILD or hit.good == "kids_clothes" for hit in hits)
    return says_child and _table().words["adult"].isdisjoint(tokens)


@lru_cache(maxsize=4096)
def _good_of_category(category: str) -> str:
    """Return the good that the last level of a category names, '' when it names none."""
    start = max(category.rfind(">"), category.rfind("/")) + 1
    level = category[start : start + _MAX_CHARS].lower().replace("-", " ")
    words = (token for token in _TOKEN.findall(level) if token[0].isalnum())
    return _table().categories.get(" ".join(words), "")
