"""The one source of chance of a simulated market."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import NormalDist
from typing import Generic, TypeVar

T = TypeVar("T")
_NORMAL = NormalDist()


class Dice:
    """Draws that give the same bytes on every machine and Python version.

    Only ``random.Random.random`` is promised to stay the same between versions of Python, so everything is built on it.

    Parameters
    ----------
    seed : int
        At least 0.
    """

    def __init__(self, seed: int) -> None:
        self.uniform = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.uniform() < probability

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """Return one item, all equally likely."""
        return items[int(self.uniform() * len(items))]

    def weighted(self, items: Sequence[tuple[float, T]]) -> T:
        """Return one of the items of (weight, item) pairs."""
        left = self.uniform() * sum(weight for weight, _ in items)
        for weight, item in items:
            left -= weight
            if left < 0:
                return item
        return items[-1][1]

    def normal(self, spread: float) -> float:
        """Return a normal draw around 0, within 3 spreads so that no price runs away."""
        return spread * min(3.0, max(-3.0, _NORMAL.inv_cdf(min(1 - 1e-9, max(1e-9, self.uniform())))))

    def digits(self, count: int) -> str:
        """Return a string of this many digits."""
        return "".join([str(int(self.uniform() * 10)) for _ in range(count)])

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in a random order."""
        keys = [self.uniform() for _ in items]
        return [items[at] for at in sorted(range(len(items)), key=keys.__getitem__)]


class Quota(Generic[T]):
    """Draws options for shops so that each option gets its share of the rows, as far as the sizes of the shops allow.

    Parameters
    ----------
    dice : Dice
    shares : sequence of (float, T)
        Weight of each option, in any unit.
    rows : float
        Rows to be shared out.
    """

    def __init__(self, dice: Dice, shares: Sequence[tuple[float, T]], rows: float) -> None:
        total = sum(share for share, _ in shares)
        self._dice = dice
        self._options = [option for _, option in shares]
        self._left = [rows * share / total for share, _ in shares]
        self._least = [0.02 * left for left in self._left]

    def draw(self, size: int, tilt: Sequence[float] | None = None) -> T:
        """Return an option for a shop of ``size`` rows: likelier the more of its rows are left, never impossible.

        Parameters
        ----------
        size : int
        tilt : sequence of float or None
            How much likelier than the others each option is for this shop.
        """
        weights = [max(left, least) for left, least in zip(self._left, self._least, strict=True)]
        if tilt is not None:
            weights = [weight * by for weight, by in zip(weights, tilt, strict=True)]
        at = self._dice.weighted([(weight, index) for index, weight in enumerate(weights)])
        self._left[at] -= size
        return self._options[at]
