"""COPY into a table: a thread reads and protects the next columns while this one makes rows of the last ones and sends them.

Arrow lets other threads run while it works, so that reading, making rows and the server's COPY share the cores there are.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping

import psycopg
import pyarrow as pa
from psycopg import sql

from vrn.ledger.profiles import Profile
from vrn.stage import binary

# Blocks that may wait between the reader and the copy, so that both cores work while memory stays bounded.
WAITING_BLOCKS = 2

# PostgreSQL's own 100 has ANALYZE read 30,000 rows, each from a page of its own and most of them wide; this reads 9,000. What
# the gate and the models ask of a delivery's table takes all of it, or a share that these tell as well.
STATISTICS = 30

# Columns of equal length, by their names in the table.
Block = Mapping[str, pa.Array]


def copy(connection: psycopg.Connection, table: sql.Identifier, kinds: Mapping[str, str], blocks: Iterator[Block]) -> Profile:
    """Fill a table that was made in this transaction. Returns how many rows it has, and how many blanks in each of the columns.

    kinds: the names and types of the columns to fill, as PostgreSQL calls them. Every block has each of them.
    """
    # Frozen, because otherwise whoever reads the rows first, the gate, would write every page once more to note that they are
    # there; nobody sees the table before the transaction is over.
    command = sql.SQL("copy {} ({}) from stdin (format binary, freeze)").format(
        table, sql.SQL(", ").join(map(sql.Identifier, kinds))
    )
    rows, blanks = 0, dict.fromkeys(kinds, 0)
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(binary.START)
        for block in _ahead(blocks):
            copy.write(binary.rows(block, kinds))
            rows += len(next(iter(block.values())))
            for name in kinds:
                blanks[name] += block[name].null_count
        copy.write(binary.END)
    connection.execute(sql.SQL("set local default_statistics_target = {}").format(STATISTICS))
    connection.execute(sql.SQL("analyze {}").format(table))
    return Profile(rows, blanks)


def _ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, made by a thread of their own."""
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
