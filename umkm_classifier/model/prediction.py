"""What a model says about one listing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from umkm_classifier.model.reasons import Reason
from umkm_classifier.model.say import FOUND, say
from umkm_classifier.signals.meaning import Neighbour
from umkm_classifier.signals.writing import NOT_READ

__all__ = ["Prediction", "Reason"]

# Notes that mean: less was read than was given or expected; but for these, which only tell how a photo was taken.
HARMLESS = frozenset(("image_animated", "image_tiny", "image_placeholder"))
DEGRADING = (
    "text_missing", "text_truncated", "image_", "price_unreadable", "price_negative", "price_out_of_range",
    "attributes_unreadable", "value_not_text", NOT_READ,
)  # fmt: skip


def is_degrading(notes: Iterable[str]) -> bool:
    """Whether some note says that less was read of a listing than was given or expected."""
    return any(note.startswith(DEGRADING) and note not in HARMLESS for note in notes)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer about one listing.

    Parameters
    ----------
    id : str
    decision : str
        ``'local'``, ``'imported'``, or ``'review'`` by a person, as each row without a score; see ``DecisionRule``.
    p_imported : float or None
        Calibrated probability in (0, 1); None when rejected.
    log_odds : float or None
        Fused log-odds before calibration, with what an index of photos adds.
    status : str
        ``'ok'``, ``'degraded'`` (scored, with something missing or mended: see ``notes``) or ``'rejected'``.
    notes : tuple of str
        Stable codes. ``declared_foreign`` and ``admits_foreign`` tell that the seller names an origin abroad, in a
        declaration or in prose; no note moves a score. ``no_guarantee_for_good``: too few shops were labelled of
        its family of goods (59 local, 14 imported) for any promise about it.
    signals : mapping of str to float or None
        What each signal adds to the fused log-odds; None where it is silent.
    reasons : tuple of Reason
        Strongest first.
    neighbours : tuple of Neighbour
        The three most alike labelled listings.
    photo_index : str or None
        Version and hash of the index in which its photos were looked up; None without one.
    good : str
        What it is, as ``listings.goods`` has it; ``'other'`` when unsure, '' when rejected.
    """

    id: str
    decision: str
    p_imported: float | None
    log_odds: float | None
    status: str
    notes: tuple[str, ...] = ()
    signals: Mapping[str, float | None] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    photo_index: str | None = None
    good: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that ``json.dumps(allow_nan=False)`` can write."""
        values = asdict(self)
        values["signals"] = dict(self.signals)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def say(self, language: str = "id") -> str:
        """Say the result in two sentences for a shop owner, in Indonesian (``'id'``) or English (``'en'``).

        First what was found and the strongest reason for it, then what follows: a person decides, and what would show
        where such a good was made. It never accuses. Without reasons (``explain=False``) it names none.

        Raises
        ------
        ValueError
            If the language is neither.
        """
        if language not in FOUND:
            raise ValueError(f"say: language must be 'id' or 'en'. Got {language!r} instead.")
        kind = "unreadable" if self.p_imported is None else self.decision
        return say(kind, self.p_imported, self.notes, self.reasons, self.good, language)
