"""What a model says about one listing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from umkm_classifier.signals.meaning import Neighbour


@dataclass(frozen=True, slots=True)
class Reason:
    """Something in a listing that moved its score.

    Parameters
    ----------
    signal : str
        ``'words'``, ``'meaning'``, ``'facts'`` …, or ``'prior'`` for what holds for every listing.
    source : str
        ``'text'``, ``'price and place'``, ``'shop'``, ``'photo'`` or ``'base'``: two sources are needed for a flag.
    evidence : str
        Words of the listing, or the name of a field.
    log_odds : float
        What it adds; positive speaks for ``imported``. All reasons of a listing add up to its fused log-odds.
    """

    signal: str
    source: str
    evidence: str
    log_odds: float


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
        The most alike labelled listings.
    photo_index : str or None
        Version and hash of the index in which its photos were looked up; None without one.
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that ``json.dumps(allow_nan=False)`` can write."""
        values = asdict(self)
        values["signals"] = dict(self.signals)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def say(self, language: str = "id") -> str:
        """Say the result in a few sentences for a shop owner, in Indonesian (``'id'``) or English (``'en'``).

        Raises
        ------
        ValueError
            If the language is neither.
        """
        if language not in SENTENCES:
            raise ValueError(f"say: language must be 'id' or 'en'. Got {language!r} instead.")
        share = 0 if self.p_imported is None else min(max(round(100 * self.p_imported), 1), 99)  # nothing is certain
        kind = "unreadable" if self.p_imported is None else self.decision
        said = [SENTENCES[language][kind].format(imported=share, local=100 - share)]
        if any(note in self.notes for note in ORIGIN_NOTES):
            said.append(ORIGIN_STATED[language])
        return " ".join(said)


# What a seller says of an origin abroad is told all the same: nobody is to wonder where it went.
ORIGIN_NOTES = ("declared_foreign", "admits_foreign")
ORIGIN_STATED: Mapping[str, str] = {
    "id": "Penjual sendiri menulis bahwa barang ini dari luar negeri.",
    "en": "The seller states that it comes from abroad.",
}
SENTENCES: Mapping[str, Mapping[str, str]] = {
    "id": {
        "local": "Produk ini tampaknya dibuat di Indonesia (kemungkinan {local} dari 100). "
        "Ini perkiraan, bukan keputusan.",
        "imported": "Keterangan produk ini mirip produk impor yang dijual kembali (kemungkinan {imported} dari 100). "
        "Ini perkiraan, belum tentu benar; seseorang akan melihatnya dulu.",
        "review": "Keterangan saja belum cukup untuk memutuskan tentang produk ini (kemungkinan impor {imported} dari "
        "100); seseorang akan melihatnya dulu.",
        "unreadable": "Keterangan produk ini belum cukup untuk dinilai. Tambahkan judul dan keterangan, lalu coba "
        "lagi.",
    },
    "en": {
        "local": "This product seems to be made in Indonesia (chance {local} in 100). "
        "This is an estimate, not a decision.",
        "imported": "This listing reads like an imported product that is resold (chance {imported} in 100). "
        "This is an estimate and may be wrong; a person looks at it first.",
        "review": "What is written is not enough to decide about this product (chance of an import {imported} in 100); "
        "a person looks at it first.",
        "unreadable": "This listing says too little to be judged. Add a title and a description, then try again.",
    },
}
