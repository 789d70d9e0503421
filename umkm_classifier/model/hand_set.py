"""Views that the fusion takes as they are: evidence with hand-set log-odds that fires in too few rows to weigh.

Of a few thousand listings some dozen show Chinese captions. A weight learned from those would be pulled to 0, the best
view's alone, and with it all that is known beforehand. So such a view has the weight 1 for every label source and good,
nothing is learned about it here, and the other weights are learned as if it were silent. What labels of many shops say
against it has moved its own log-odds already (``cues_fit.learn_weights``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from umkm_classifier.model.folds import OutOfFold
from umkm_classifier.signals.signal import FloatArray, View
from umkm_classifier.signals.writing import WritingView

HAND_SET = frozenset((WritingView.name,))
WEIGHT = 1.0


def hand_set_last(views: Sequence[View], scores: OutOfFold) -> tuple[list[View], OutOfFold, int]:
    """Put the views whose weight is learned first.

    Parameters
    ----------
    views : sequence of View, length k
    scores : OutOfFold
        A column for each.

    Returns
    -------
    views : list of View, length k
    scores : OutOfFold
        In the same order.
    n_learned : int
        All of them where there are no others.
    """
    order = sorted(range(len(views)), key=lambda at: views[at].name in HAND_SET)
    n_learned = sum(view.name not in HAND_SET for view in views)
    return [views[at] for at in order], _columns(scores, order), n_learned or len(views)


def with_hand_set(weights: FloatArray, n_views: int, in_base: float = 0.0) -> FloatArray:
    """Append the weights of the hand-set views.

    Parameters
    ----------
    weights : array of float64, shape (n_learned,)
        Of all others.
    n_views : int
    in_base : float
        Weight that they have in the base's fused log-odds, where a model is adapted from one: they count once.

    Returns
    -------
    array of float64, shape (n_views,)
    """
    own = max(WEIGHT - float(weights[0]) * in_base, 0.0) if in_base else WEIGHT
    return np.append(weights, np.full(n_views - len(weights), own))


def _columns(scores: OutOfFold, order: Sequence[int]) -> OutOfFold:
    emptied = tuple(copy[:, order] for copy in scores.emptied)
    return OutOfFold(scores.given[:, order], emptied, scores.parts[order], scores.copies)
