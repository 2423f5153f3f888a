"""COPY into a table, with the rows made by a thread of their own while the server takes the last ones."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql

from vrn.stage import binary

# Blocks that may wait between the reader and the copy, so that both cores work while memory stays bounded.
WAITING_BLOCKS = 2

# Rows, and these as COPY takes them (see vrn.stage.binary).
Block = tuple[int, memoryview]


def copy(connection: psycopg.Connection, table: sql.Identifier, names: Sequence[str], blocks: Iterator[Block]) -> int:
    """Fill a table that was made in this transaction. Returns the number of rows."""
    # Frozen, because otherwise whoever reads the rows first, the gate, would write every page once more to note that they are
    # there; nobody sees the table before the transaction is over.
    command = sql.SQL("copy {} ({}) from stdin (format binary, freeze)").format(
        table, sql.SQL(", ").join(map(sql.Identifier, names))
    )
    rows = 0
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(binary.START)
        for count, block in _ahead(blocks):
            copy.write(block)
            rows += count
        copy.write(binary.END)
    connection.execute(sql.SQL("analyze {}").format(table))
    return rows


def _ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, made by a thread of their own while the server takes the last ones."""
    waiting: queue.Queue = queue.Queue(WAITING_BLOCKS)
    stopped = threading.Event()

    def put(item: object) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for block in blocks:
                if not put(block):
                    return
            put(None)
        except BaseException as error:  # handed to the consumer, which raises it
            put(error)

    thread = threading.Thread(target=work, name="read-and-protect", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
