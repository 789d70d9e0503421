"""What every text encoder does alike: repeated, blank and unencodable texts, and batches capped by tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

BATCH_TOKENS = 1024  # at 128 tokens larger batches gain nothing on a CPU, and padding costs more


def is_blank(text: str) -> bool:
    """Whether a text holds nothing to encode: it is empty or only whitespace."""
    return not text.strip()


def encodable(text: str) -> str:
    """Replace lone surrogates by '?': tokenizers and UTF-8 refuse them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def check_is_sequence(texts: Sequence[str]) -> None:
    """Refuse a lone string, which would be read letter by letter.

    Raises
    ------
    TypeError
        If ``texts`` is a str or bytes.
    """
    if isinstance(texts, (str, bytes)):
        raise TypeError(
            f"encode: expected a sequence of texts, found one {type(texts).__name__}. "
            "Put it into a list: encode([text])."
        )


def encode_distinct(
    texts: Sequence[str], dim: int, encode: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Encode each distinct text once, and put its vector into every row that holds it.

    Parameters
    ----------
    texts : sequence of str, length n
        Blank texts get a row of zeros.
    dim : int
        Length of a vector.
    encode : callable
        Takes m distinct texts, none of them blank, and returns vectors of shape (m, dim). Never called with none.

    Returns
    -------
    array of float32, shape (n, dim)

    Raises
    ------
    TypeError
        If ``texts`` is a lone string.
    """
    check_is_sequence(texts)
    vectors = np.zeros((len(texts), dim), dtype=np.float32)
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if not is_blank(text):
            rows.setdefault(text, []).append(row)
    if rows:
        for at, vector in zip(rows.values(), encode(list(rows)), strict=True):
            vectors[at] = vector
    return vectors


def token_batches(lengths: Sequence[int], limit: int = BATCH_TOKENS) -> list[list[int]]:
    """Group rows of similar length so that no batch, once padded, holds more than ``limit`` tokens.

    Parameters
    ----------
    lengths : sequence of int, length n
        Tokens of each row.
    limit : int
        Most tokens of a padded batch; a single row that is longer makes a batch of its own.

    Returns
    -------
    list of list of int
        Positions of the rows, shortest first; every row once.
    """
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        # rows come shortest first, so the newest one is as long as the padded batch
        if batches and (len(batches[-1]) + 1) * lengths[row] <= limit:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches
