"""Groups of listings that must not be told apart by a split, and folds that keep them whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.errors import SplitError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.split_photos import rows_with_one_photo

IntArray = NDArray[np.int64]

SIMILAR = 0.8  # Jaccard similarity of shingles from which two texts count as one text
SHINGLE = 5  # characters
BANDS, ROWS = 21, 6  # of the hash index: proposes 99.8 % of pairs as alike as SIMILAR, and 28 % of those at 0.5
MOST_CHARACTERS = 1_000  # a copied text shows in its beginning


def groups(listings: Listings) -> IntArray:
    """Unite listings of one shop, with nearly the same text or with one photo, across the whole table, without labels.

    Near-duplicates are proposed by MinHash (Broder 1997) with locality-sensitive hashing, through datasketch, and
    decided by the share of shingles that they have in common. A listing without ``shop_id`` is a shop of its own.

    Returns
    -------
    array of int, shape (n,)
        Group of each row, numbered in the order of first appearance.
    """
    n = len(listings)
    parent = list(range(n))
    for mates in _same(listings.column("shop_id")):
        _unite(parent, mates)
    texts = [
        _text_key(title, text)
        for title, text in zip(listings.column("title"), listings.column("description"), strict=True)
    ]
    same_text = _same(texts)
    for mates in same_text:
        _unite(parent, mates)
    firsts = sorted(mates[0] for mates in same_text)
    for left, right in _proposed([texts[at] for at in firsts]):
        pair = [firsts[left], firsts[right]]
        apart = _root(parent, pair[0]) != _root(parent, pair[1])  # a shop's own texts are often alike
        if apart and _likeness(*(_shingles(texts[at]) for at in pair)) >= SIMILAR:
            _unite(parent, pair)
    for mates in rows_with_one_photo(listings):
        _unite(parent, mates)
    roots = [_root(parent, at) for at in range(n)]
    number: dict[int, int] = {}
    return np.asarray([number.setdefault(root, len(number)) for root in roots], dtype=np.int64)


def feasible_folds(y: IntArray, group: IntArray, folds: int) -> int:
    """Return how many folds can be made, at most ``folds``: every fold must be able to hold a group of each class.

    Raises
    ------
    SplitError
        If not even two folds can be made.
    """
    with_class = [len(np.unique(group[y == value])) for value in (0, 1)]
    possible = min(folds, *with_class)
    if possible < 2:
        raise SplitError(
            "the rows cannot be split: two folds need at least 2 groups (shops, with near-duplicate texts united) of "
            f"each class, found {with_class[0]} with local and {with_class[1]} with imported listings, "
            f"{len(np.unique(group))} in all. "
            f"Label listings of more shops."
        )
    return possible


def folds(y: IntArray, group: IntArray, n_folds: int, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Divide rows into stratified folds that keep groups whole.

    Parameters
    ----------
    y : array of int, shape (n,)
        1 for imported, 0 for local.
    group : array of int, shape (n,)
        From ``groups``.
    n_folds, seed : int

    Returns
    -------
    list of (train, test)
        Row positions; every row is in one test part.

    Raises
    ------
    SplitError
        If a class has fewer groups than folds, or some training part would lack a class.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    possible = feasible_folds(y, group, n_folds)
    if possible < n_folds:
        raise SplitError(
            f"the rows cannot be split into {n_folds} folds: each class must be sold by at least {n_folds} groups of "
            f"shops, found {possible} for the scarcer class. Ask for {possible} folds or label listings of more shops."
        )
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    parts = [
        (train.astype(np.int64), test.astype(np.int64)) for train, test in splitter.split(np.zeros(len(y)), y, group)
    ]
    for at, (train, test) in enumerate(parts):
        if len(np.unique(y[train])) < 2 or not len(test):
            raise SplitError(
                f"the rows cannot be split into {n_folds} folds with seed {seed}: fold {at} leaves one class only to "
                "train on, because a few large groups hold nearly all of the other. "
                "Ask for fewer folds or label listings of more shops."
            )
    return parts


def _text_key(title: str, description: str) -> str:
    return " ".join(f"{title} {description}".lower().split())[:MOST_CHARACTERS]


def _same(values: Iterable[str]) -> list[list[int]]:
    """Rows that share a value, the empty one excepted."""
    found: dict[str, list[int]] = {}
    for at, value in enumerate(values):
        if value:
            found.setdefault(value, []).append(at)
    return list(found.values())


def _proposed(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs of texts that may be nearly the same; hardly any that are is left out."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    for at, text in enumerate(texts):
        one = MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=zlib.crc32)
        one.update_batch([shingle.encode() for shingle in _shingles(text)])
        for mate in sorted(index.query(one)):
            yield mate, at
        index.insert(at, one)


def _likeness(left: set[str], right: set[str]) -> float:
    return len(left & right) / len(left | right)


def _shingles(text: str) -> set[str]:
    return {text[at : at + SHINGLE] for at in range(max(len(text) - SHINGLE, 0) + 1)}


def _root(parent: list[int], at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


def _unite(parent: list[int], rows: list[int]) -> None:
    first = _root(parent, rows[0])
    for row in rows[1:]:
        parent[_root(parent, row)] = first
