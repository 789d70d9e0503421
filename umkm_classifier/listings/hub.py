"""Asking a hub of data sets and models without its retries being told line by line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_TALKER = logging.getLogger("huggingface_hub.utils._http")  # what a retry is logged with


@contextmanager
def quiet_hub() -> Iterator[None]:
    """Keep the hub's client from telling every retry; what is wrong in the end is said once, by the caller."""
    before = _TALKER.level
    _TALKER.setLevel(logging.ERROR)
    try:
        yield
    finally:
        _TALKER.setLevel(before)
