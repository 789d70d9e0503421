"""Within a block a table is read once, outside each time."""

from __future__ import annotations

import threading

from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.once import once, remembering

TABLE = prepare([{"title": "kain batik"}])[0]


class Reader:
    def __init__(self) -> None:
        self.n_read = 0

    def read(self, what: str = "titles", table: object = None) -> int:
        def count() -> int:
            self.n_read += 1
            return self.n_read

        return once(self, what, TABLE if table is None else table, count)  # type: ignore[arg-type]


def test_outside_a_block_nothing_is_kept() -> None:
    reader = Reader()
    assert [reader.read(), reader.read()] == [1, 2]


def test_within_a_block_an_owner_reads_a_table_once() -> None:
    reader, other = Reader(), Reader()
    with remembering():
        assert [reader.read(), reader.read(), reader.read("prices"), other.read()] == [1, 1, 2, 1]
        assert reader.read(table=TABLE[:1]) == 3
    assert reader.read() == 4


def test_a_block_within_another_shares_what_that_keeps() -> None:
    reader = Reader()
    with remembering():
        reader.read()
        with remembering():
            assert reader.read() == 1
        assert reader.read() == 1


def test_nothing_is_kept_after_an_error() -> None:
    reader = Reader()
    try:
        with remembering():
            reader.read()
            raise ValueError
    except ValueError:
        pass
    assert reader.read() == 2


def test_another_thread_keeps_its_own() -> None:
    reader, found = Reader(), []
    with remembering():
        reader.read()
        thread = threading.Thread(target=lambda: found.append(reader.read()))
        thread.start()
        thread.join()
    assert found == [2]
