"""How the sellers of a simulated market write."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """How a seller writes.

    Parameters
    ----------
    maker, reseller : float
        Probability that a word or line is taken from that side; the rest is shared by all.
    words, lines : (int, int)
        Fewest and most words of a title, and lines of a description.
    described, claims, admits, typos : float
        Probability of a description, of a claim of local origin, of writing 'import', of misspelling a word.
    local_face : float
        Probability that name, city and brand come from the makers' side.
    """

    name: str
    maker: float
    reseller: float
    words: tuple[int, int]
    lines: tuple[int, int]
    described: float
    claims: float
    admits: float
    typos: float
    local_face: float


# Tuned until words alone give an AUC near 0.84: half of the makers are terse, misspelt or use stock phrases, and a
# concealing reseller writes like a maker, claims included.
MAKER_VOICES = (
    (0.44, Voice("plain", 0.59, 0.07, (2, 4), (4, 7), 0.92, 0.34, 0.03, 0.01, 0.84)),
    (0.22, Voice("terse", 0.53, 0.08, (2, 3), (1, 3), 0.66, 0.10, 0.02, 0.05, 0.82)),
    (0.16, Voice("misspelt", 0.54, 0.09, (2, 4), (2, 5), 0.90, 0.25, 0.03, 0.18, 0.84)),
    (0.18, Voice("stock phrases", 0.36, 0.22, (3, 5), (4, 8), 0.95, 0.45, 0.08, 0.02, 0.70)),
)
RESELLER_VOICES = (
    (0.38, Voice("plain", 0.07, 0.56, (2, 5), (3, 8), 0.90, 0.12, 0.04, 0.04, 0.22)),
    (0.28, Voice("honest", 0.05, 0.58, (2, 5), (3, 7), 0.90, 0.02, 0.55, 0.03, 0.15)),
    (0.34, Voice("concealing", 0.33, 0.35, (3, 5), (3, 7), 0.92, 0.55, 0.00, 0.05, 0.62)),
)
