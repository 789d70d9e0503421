"""How good probabilities are as probabilities, and as answers at 0.5."""

from __future__ import annotations

from typing import Any

import numpy as np

from umkm_classifier.evaluation.bootstrap import BoolArray, FloatArray, IntArray, Weights

BINS = 10
THRESHOLD = 0.5


class Probabilities:
    """Macro-F1, accuracy, Brier score, log loss and calibration error, then the share imported in each bin.

    Parameters
    ----------
    p_imported : float64 array of shape (n,)
        In [0, 1].
    is_imported : bool array of shape (n,)

    Notes
    -----
    All are ratios of weighted sums, so one matrix product serves every redraw. The bins of the calibration error stay
    as they are in all redraws. Noise alone makes it larger in a redraw, so its interval lies high: on the safe side.
    """

    NAMES = ("macro_f1", "accuracy", "brier", "log_loss", "ece")

    def __init__(self, p_imported: FloatArray, is_imported: BoolArray) -> None:
        p, y = p_imported, is_imported.astype(np.float64)
        said = p >= THRESHOLD
        clipped = np.clip(p, np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps)
        log_loss = -np.where(is_imported, np.log(clipped), np.log1p(-clipped))
        answers = [said & is_imported, said & ~is_imported, ~said & is_imported, ~said & ~is_imported]
        self.bins = equal_count_bins(p)
        self.n_bins = int(self.bins.max()) + 1 if len(p) else 0
        in_bin = (self.bins == np.arange(self.n_bins)[:, None]).astype(np.float64)  # (bins, n)
        self._sums = np.concatenate([np.stack([*answers, (p - y) ** 2, log_loss]), in_bin, in_bin * p, in_bin * y])

    def __call__(self, weights: Weights) -> FloatArray:
        """Return figures of shape (5 + bins, b)."""
        sums = self._sums @ weights.rows
        (true_imported, false_imported, false_local, true_local), (squares, log_loss) = sums[:4], sums[4:6]
        n = sums[:4].sum(axis=0)
        in_bin, p_sum, imported = np.split(sums[6:], 3)
        wrong = false_imported + false_local
        both = (true_imported + false_local > 0) & (false_imported + true_local > 0)
        f1 = _ratio(true_imported, true_imported + wrong / 2) + _ratio(true_local, true_local + wrong / 2)
        off = np.abs(p_sum - imported).sum(axis=0)
        per_row = [_ratio(total, n) for total in (true_imported + true_local, squares, log_loss, off)]
        return np.concatenate([np.stack([np.where(both, f1 / 2, np.nan), *per_row]), _ratio(imported, in_bin)])


class InGroups:
    """Mean probability of each group of rows, then the share of each that is imported: (2 groups, b).

    Parameters
    ----------
    p_imported : float64 array of shape (n,)
    is_imported : bool array of shape (n,)
    groups : int64 array of shape (n,)
        From 0 to ``n_groups`` - 1.
    n_groups : int

    Notes
    -----
    NaN in a group without rows.
    """

    def __init__(self, p_imported: FloatArray, is_imported: BoolArray, groups: IntArray, n_groups: int) -> None:
        self._in_group = (groups == np.arange(n_groups)[:, None]).astype(np.float64)  # (groups, n)
        self._sums = np.concatenate([self._in_group * p_imported, self._in_group * is_imported])

    def __call__(self, weights: Weights) -> FloatArray:
        """Return figures of shape (2 groups, b)."""
        n = self._in_group @ weights.rows
        return _ratio(self._sums @ weights.rows, np.concatenate([n, n]))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def equal_count_bins(p_imported: FloatArray, bins: int = BINS) -> IntArray:
    """Return the bin of each row, so that bins hold equally many rows, as far as equal probabilities allow.

    Parameters
    ----------
    p_imported : float64 array of shape (n,)
    bins : int

    Returns
    -------
    int64 array of shape (n,)
        From 0, without gaps. Rows with the same probability share the bin of the middle one of them: which of them come
        first in the table must not matter.
    """
    n = len(p_imported)
    of_rank = np.repeat(np.arange(bins), [len(part) for part in np.array_split(np.arange(n), bins)])
    _, step, count = np.unique(p_imported, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count + (count - 1) // 2
    _, numbered = np.unique(of_rank[middle][step], return_inverse=True)
    return numbered.astype(np.int64)


def reliability(p_imported: FloatArray, is_imported: BoolArray, bins: IntArray) -> list[dict[str, Any]]:
    """Describe each bin: how many rows, the probabilities in it, and the share that is imported.

    Parameters
    ----------
    p_imported : float64 array of shape (n,)
    is_imported : bool array of shape (n,)
    bins : int64 array of shape (n,)
        From ``equal_count_bins``.

    Returns
    -------
    list of dict
        ``n``, ``p_low``, ``p_high``, ``p_mean``, ``share_imported``; lowest probabilities first.
    """
    described = []
    for at in np.unique(bins):
        p, y = p_imported[bins == at], is_imported[bins == at]
        described.append(
            {
                "n": len(p),
                "p_low": float(p.min()),
                "p_high": float(p.max()),
                "p_mean": float(p.mean()),
                "share_imported": float(y.mean()),
            }
        )
    return described


def confusion(p_imported: FloatArray, is_imported: BoolArray) -> dict[str, dict[str, int]]:
    """Count listings by label, then by the answer at 0.5."""
    said = p_imported >= THRESHOLD
    return {
        label: {"local": int((chosen & ~said).sum()), "imported": int((chosen & said).sum())}
        for label, chosen in (("local", ~is_imported), ("imported", is_imported))
    }
