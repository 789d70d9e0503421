"""Weights of rows under which the good says nothing about the label, so that a model learns to tell within goods.

Inverse propensity, stabilised: share of the class over its share within the good (Robins, Hernan and Brumback 2000),
clipped, since one imported batik among fifty is not to count fifty times.
"""

from __future__ import annotations

import numpy as np

from umkm_classifier.listings.goods import OTHER
from umkm_classifier.listings.listing import ObjectArray
from umkm_classifier.signals.signal import FloatArray, IntArray

MOST = 4.0  # of a row; the least is its inverse
SMOOTHING = 5.0  # rows of the overall shares that each good is given on top of its own


def within_goods(goods: ObjectArray, y: IntArray) -> FloatArray:
    """Return a weight for each row, shape (n,), with mean 1.

    Parameters
    ----------
    goods : array of str, shape (n,)
        Rows of ``'other'``, which is no good, keep a weight of about 1.
    y : array of int, shape (n,)
        1 for imported.
    """
    share = np.bincount(y, minlength=2) / len(y)
    names, good = np.unique(goods.astype(str), return_inverse=True)
    counts = np.zeros((len(names), 2))
    np.add.at(counts, (good, y), 1.0)
    within = (counts + SMOOTHING * share) / (counts.sum(axis=1, keepdims=True) + SMOOTHING)
    weights = np.clip(share[y] / within[good, y], 1.0 / MOST, MOST)
    weights[goods == OTHER] = 1.0
    return np.asarray(weights / weights.mean())
