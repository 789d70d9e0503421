"""Boosted trees as flat arrays: scored with numpy alone, equal to scikit-learn's to 1e-9 (tested)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.signal import FloatArray

SURE = 0.005  # a forest's share is never read as more certain than this
ROWS_AT_ONCE = 256  # rows x trees walk together: keeps the working set in the cache
TYPES: Mapping[str, type] = {
    "feature": np.int32, "threshold": np.float64, "missing_left": np.bool_, "left": np.int32, "right": np.int32,
    "value": np.float64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trees:
    """All trees of one or several boosted models, averaged over models.

    Parameters
    ----------
    feature, left, right : arrays of int32, shape (nodes,)
        Column that a node asks, and the nodes it leads to; a leaf leads to itself.
    threshold : array of float64, shape (nodes,)
        ``x <= threshold`` goes left.
    missing_left : array of bool, shape (nodes,)
        Where NaN goes.
    value : array of float64, shape (nodes,)
        Log-odds that a node stands for: what its tree adds when the walk ends there. Inner nodes have one too, so that
        each step of a walk can be credited to the column it asked (Saabas 2014).
    roots : array of int32, shape (trees,)
    baseline : float
        Log-odds before the first tree.
    depth : int
        Longest walk.
    is_forest : bool
        Whether values are shares of ``imported`` to be averaged (a forest) instead of log-odds to be summed (boosting).
    """

    feature: NDArray[np.int32]
    threshold: FloatArray
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: FloatArray
    roots: NDArray[np.int32]
    baseline: float
    depth: int
    is_forest: bool = False

    def log_odds(self, features: FloatArray) -> FloatArray:
        """Sum the leaves that each row ends in; features (n, d) with NaN for missing, result (n,)."""
        return self.log_odds_at(self.leaves(features))

    def credit(self, features: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
        """Share each row's log-odds among groups of columns; see ``credit_at``."""
        return self.credit_at(self.leaves(features), self.credits(groups))

    def leaves(self, features: FloatArray) -> NDArray[np.int32]:
        """Return the leaf of each tree that each row ends in, shape (n, trees)."""
        out = np.empty((len(features), len(self.roots)), dtype=np.int32)
        for start in range(0, len(features), ROWS_AT_ONCE):
            rows = self._as_trained(features[start : start + ROWS_AT_ONCE])
            node = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
            for _ in range(self.depth):
                node = self._step(rows, node)
            out[start : start + ROWS_AT_ONCE] = node
        return out

    def log_odds_at(self, leaves: NDArray[np.int32]) -> FloatArray:
        """Return what ``log_odds`` does, shape (n,), from ``leaves``."""
        out = self.baseline + self.value[leaves].sum(axis=1)
        return _log_odds_of_share(out) if self.is_forest else out

    def credits(self, groups: NDArray[np.int64]) -> FloatArray:
        """Return what the way to each node credits to each group of columns, shape (nodes, g).

        Parameters
        ----------
        groups : array of int, shape (d,)
            Group of each column, 0 to g - 1.
        """
        table = np.zeros((len(self.feature), int(groups.max()) + 1))
        node = self.roots
        for _ in range(self.depth):
            node = node[self.left[node] != node]  # a leaf leads to itself
            for child in (self.left[node], self.right[node]):
                table[child] = table[node]
                table[child, groups[self.feature[node]]] += self.value[child] - self.value[node]
            node = np.concatenate([self.left[node], self.right[node]])
        return table

    def credit_at(self, leaves: NDArray[np.int32], credits: FloatArray) -> FloatArray:
        """Share each row's log-odds among groups of columns.

        Parameters
        ----------
        leaves : array of int32, shape (n, trees)
        credits : array of float64, shape (nodes, g)
            From ``credits``.

        Returns
        -------
        array of float64, shape (n, g)
            Rows add up to ``log_odds`` less ``root``.
        """
        out = np.zeros((len(leaves), credits.shape[1]))
        for of_tree in leaves.T:
            out += credits[of_tree]
        if not self.is_forest:
            return out
        # shares add up, log-odds of a mean do not: the change in log-odds is divided as the change in share
        share = self._root_sum() + out.sum(axis=1)
        change, moved = _log_odds_of_share(share) - self.root, share - self._root_sum()
        ratio = np.divide(change, moved, out=np.zeros(len(out)), where=moved != 0.0)
        return np.asarray(out * ratio[:, None])

    @property
    def root(self) -> float:
        """Log-odds before any column is asked."""
        start = self._root_sum()
        return float(_log_odds_of_share(np.asarray([start]))[0]) if self.is_forest else start

    def _root_sum(self) -> float:
        return self.baseline + float(self.value[self.roots].sum())

    def _as_trained(self, features: FloatArray) -> FloatArray:
        # scikit-learn's forests read 32-bit numbers
        return features.astype(np.float32).astype(np.float64) if self.is_forest else features

    def _step(self, rows: FloatArray, node: NDArray[np.int32]) -> NDArray[np.int32]:
        x = np.take_along_axis(rows, self.feature[node], axis=1)  # (n, trees)
        goes_left = np.where(np.isnan(x), self.missing_left[node], x <= self.threshold[node])
        return np.where(goes_left, self.left[node], self.right[node])


def _log_odds_of_share(share: FloatArray) -> FloatArray:
    """Log-odds of a forest's mean share, held within what some hundred training rows can tell."""
    held = np.clip(share, SURE, 1.0 - SURE)
    return np.asarray(np.log(held) - np.log1p(-held))


def _joined(parts: Mapping[str, Sequence[NDArray[Any]]]) -> dict[str, Any]:
    return {key: np.concatenate(values).astype(TYPES[key]) for key, values in parts.items()}


def flatten_boosted(models: Sequence[Any]) -> Trees:
    """Read the trees out of fitted ``HistGradientBoostingClassifier`` models and average the models.

    scikit-learn shrinks the values of leaves only; inner nodes are shrunk here alike.
    """
    parts: dict[str, list[NDArray[Any]]] = {
        key: [] for key in ("feature", "threshold", "missing_left", "left", "right", "value")
    }
    roots, offset, depth = [], 0, 1
    for model in models:
        for (tree,) in model._predictors:  # no public way to read a tree; pinned by the parity test
            nodes = tree.nodes
            here = np.arange(len(nodes)) + offset
            leaf = nodes["is_leaf"].astype(bool)
            parts["feature"].append(np.where(leaf, 0, nodes["feature_idx"]))
            parts["threshold"].append(np.where(leaf, np.inf, nodes["num_threshold"]))
            parts["missing_left"].append(leaf | nodes["missing_go_to_left"].astype(bool))
            parts["left"].append(np.where(leaf, here, nodes["left"] + offset))
            parts["right"].append(np.where(leaf, here, nodes["right"] + offset))
            parts["value"].append(np.where(leaf, nodes["value"], nodes["value"] * model.learning_rate) / len(models))
            roots.append(offset)
            offset += len(nodes)
            depth = max(depth, int(nodes["depth"].max()))
    baseline = float(np.mean([model._baseline_prediction.ravel()[0] for model in models]))
    arrays = _joined(parts)
    return Trees(**arrays, roots=np.asarray(roots, dtype=np.int32), baseline=baseline, depth=depth)


def flatten_forest(model: Any) -> Trees:
    """Read the trees out of a fitted ``ExtraTreesClassifier`` over the classes 0 and 1."""
    parts: dict[str, list[NDArray[Any]]] = {key: [] for key in TYPES}
    roots, offset = [], 0
    for estimator in model.estimators_:
        tree = estimator.tree_
        here = np.arange(tree.node_count) + offset
        leaf = tree.children_left < 0
        parts["feature"].append(np.where(leaf, 0, tree.feature))
        parts["threshold"].append(np.where(leaf, np.inf, tree.threshold))
        parts["missing_left"].append(leaf | tree.missing_go_to_left.astype(bool))
        parts["left"].append(np.where(leaf, here, tree.children_left + offset))
        parts["right"].append(np.where(leaf, here, tree.children_right + offset))
        shares = tree.value[:, 0, :]
        parts["value"].append(shares[:, 1] / shares.sum(axis=1) / len(model.estimators_))
        roots.append(offset)
        offset += tree.node_count
    arrays = _joined(parts)
    depth = max(estimator.tree_.max_depth for estimator in model.estimators_)
    return Trees(**arrays, roots=np.asarray(roots, dtype=np.int32), baseline=0.0, depth=max(depth, 1), is_forest=True)
