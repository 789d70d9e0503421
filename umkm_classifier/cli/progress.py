"""What a long command says while it works: a spinner on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from umkm_classifier.cli.options import say

EVERY_S = 10.0


@contextmanager
def working(what: str, every_s: float = EVERY_S) -> Iterator[None]:
    """Tell on stderr that something is going on, until the block ends.

    Parameters
    ----------
    what : str
        ``'training on listings.csv'``.
    every_s : float
        Seconds between lines where stderr is not a terminal.
    """
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status(f"{what} …"):
            yield
        return
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, every_s, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(what: str, every_s: float, done: threading.Event) -> None:
    started = time.monotonic()
    while not done.wait(every_s):
        say(f"{what}: {time.monotonic() - started:.0f} s …")
