"""The catalogue of trade cues as data: what stands in ``cues.toml``, read once and checked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from umkm_classifier.listings import goods
from umkm_classifier.signals.cues_scan import Scanner

FAMILIES = (
    "making", "order", "uneven", "material", "trade", "size", "translated", "technique", "admission", "place", "price",
)  # fmt: skip
NOT_TEXT = frozenset(("place", "price"))
_NEEDED = frozenset(("id", "prior", "why", "say"))
_ALLOWED = _NEEDED | {"goods", "patterns", "unless", "places", "price_idr"}
_FAMILY = "family:"


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing that people who know the trade look at.

    Parameters
    ----------
    id : str
        ``family.name``.
    prior : float
        Log-odds of ``imported`` before any label is seen, a multiple of 0.5; negative speaks for local.
    goods : frozenset of str
        Goods of ``listings.goods`` that it applies to; empty means all.
    patterns, unless : tuple of str
        What fires it, and where that does not count, in the language of ``cues_pattern``. Of the family ``price`` the
        second counts wherever it stands in the text.
    places : frozenset of str
        Cities and regencies as ``str(Place)`` has them; only of the family ``place``.
    price_idr : (float, float) or None
        Rupiah, from the first to below the second; only of the family ``price``.
    why : str
        Rationale for whoever edits the catalogue.
    say : mapping of str to str
        A sentence for people by language, ``id`` and ``en``.
    """

    id: str
    prior: float
    goods: frozenset[str]
    patterns: tuple[str, ...]
    unless: tuple[str, ...]
    places: frozenset[str]
    price_idr: tuple[float, float] | None
    why: str
    say: Mapping[str, str]

    @property
    def family(self) -> str:
        """Name of the family, a part of the id."""
        return self.id.split(".")[0]

    @property
    def direction(self) -> str:
        """``'imported'``, ``'local'`` or, with a prior of 0, ``'none'``."""
        return "none" if self.prior == 0.0 else "imported" if self.prior > 0.0 else "local"

    @property
    def source(self) -> str:
        """Source of its evidence, as ``signal.Evidence`` names it."""
        return "price and place" if self.family in NOT_TEXT else "text"

    def applies_to(self, good: str) -> bool:
        """Tell whether it says anything about a good."""
        return not self.goods or good in self.goods


class Catalogue:
    """All cues in their order; a cue is known by its position."""

    def __init__(self, cues: Iterable[Cue]) -> None:
        self.cues = tuple(cues)

    @cached_property
    def scanner(self) -> Scanner:
        """Finds the patterns of cue ``i``, and as ``len(cues) + i`` what keeps a cue of the family ``price`` silent."""
        veto_where_it_stands = [() if cue.family == "price" else cue.unless for cue in self.cues]
        veto_anywhere = [cue.unless if cue.family == "price" else () for cue in self.cues]
        return Scanner(
            [*(cue.patterns for cue in self.cues), *veto_anywhere], [*veto_where_it_stands, *(() for _ in self.cues)]
        )

    def to_lines(self) -> list[str]:
        """Return each cue as JSON, with all that decides a score and what people read."""
        return [json.dumps(asdict(cue) | {"why": ""}, default=sorted, ensure_ascii=False) for cue in self.cues]

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> Catalogue:
        """Build the catalogue that ``to_lines`` was taken from, but for the rationales."""
        return cls(_built(json.loads(line)) for line in lines)


@cache
def catalogue() -> Catalogue:
    """Read the catalogue that is part of this package."""
    return read_catalogue(resources.files(__package__).joinpath("cues.toml").read_text(encoding="utf-8"))


def read_catalogue(text: str) -> Catalogue:
    """Read a catalogue.

    Parameters
    ----------
    text : str
        TOML, as ``cues.toml`` explains it.

    Raises
    ------
    ValueError
        If a cue lacks a part, has an unknown one, or names a good, a group or a family that is not there.
    """
    raw = tomllib.loads(text)
    cues = [_cue(_spelt_out(entry, raw["shorthand"]), raw["groups"]) for entry in raw["cue"]]
    if len({cue.id for cue in cues}) < len(cues):
        raise ValueError("cues.toml: ids that stand once each expected, found one twice. Rename one.")
    return Catalogue(cues)


def _spelt_out(entry: Mapping[str, Any], shorthand: Mapping[str, str]) -> dict[str, Any]:
    """Replace what stands in braces in the patterns of a cue."""
    spelt_out = dict(entry)
    for part in ("patterns", "unless"):
        for short, long in shorthand.items():
            if part in spelt_out:
                spelt_out[part] = [pattern.replace(f"{{{short}}}", long) for pattern in spelt_out[part]]
    return spelt_out


def _cue(entry: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> Cue:
    name = entry.get("id", "a cue without an id")
    unknown, missing = sorted(entry.keys() - _ALLOWED), sorted(_NEEDED - entry.keys())
    if unknown or missing:
        raise ValueError(
            f"cues.toml, {name}: the parts that the head of the file explains expected, found {unknown} too many and "
            f"{missing} too few. Mend the entry."
        )
    if name.split(".")[0] not in FAMILIES:
        raise ValueError(f"cues.toml, {name}: an id that begins with one of {', '.join(FAMILIES)} expected. Rename it.")
    applies_to = [good for word in entry.get("goods", ()) for good in _goods(name, word, groups)]
    return _built({**entry, "goods": applies_to})


def _built(parts: Mapping[str, Any]) -> Cue:
    """Build a cue from lists, as files have them; what is left out is empty."""
    price = parts.get("price_idr")
    return Cue(
        id=parts["id"],
        prior=float(parts["prior"]),
        goods=frozenset(parts.get("goods", ())),
        patterns=tuple(parts.get("patterns", ())),
        unless=tuple(parts.get("unless", ())),
        places=frozenset(parts.get("places", ())),
        price_idr=None if price is None else (float(price[0]), float(price[1])),
        why=parts["why"],
        say=dict(parts["say"]),
    )


def _goods(name: str, word: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the goods that a word of a cue's list stands for."""
    if word in groups:
        return [good for inner in groups[word] for good in _goods(name, inner, groups)]
    if word.startswith(_FAMILY):
        found = [good for good, family in goods.FAMILIES.items() if family == word.removeprefix(_FAMILY)]
    else:
        found = [word] if word in goods.FAMILIES else []
    if not found:
        raise ValueError(f"cues.toml, {name}: a good, a group or a family of goods expected, found {word!r}. Mend it.")
    return found
