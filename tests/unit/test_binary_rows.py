"""Rows in the binary form of COPY are the rows that the server makes of the same values as text (issue 17, point 1)."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from tests.properties import examples
from tests.staged import Ground
from vrn.errors import SubmissionRefused, VrnError
from vrn.stage import binary, copying

TABLE = sql.Identifier("copied")
LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
# By the type of a table's column: the type in which a reader gives its cells, and cells.
KINDS = {
    "text": (pa.string(), LETTERS),
    "character varying(9)": (pa.string(), LETTERS),
    "uuid": (pa.binary(16), st.binary(min_size=16, max_size=16)),
    "boolean": (pa.bool_(), st.booleans()),
    "integer": (pa.int64(), st.integers(-(2**31), 2**31 - 1)),
    "bigint": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "double precision": (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "date": (pa.date32(), st.dates()),
    "timestamp with time zone": (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(UTC))),
    # A local moment is text until the server has it.
    "timestamp without time zone": (pa.string(), st.datetimes().map(lambda at: at.isoformat(sep=" ", timespec="microseconds"))),
}
ROWS = st.lists(st.tuples(*(st.one_of(st.none(), cells) for _, cells in KINDS.values())), max_size=8)


def columns_of(rows: list[tuple]) -> dict[str, pa.Array]:
    cells = zip(*rows, strict=True) if rows else [()] * len(KINDS)
    return {f"c{place}": pa.array(of, arrow) for place, (of, (arrow, _)) in enumerate(zip(cells, KINDS.values(), strict=True))}


def made(ground: Ground, kinds) -> dict[str, str]:
    """The types of the columns of a table that is there for this transaction."""
    named = {f"c{place}": kind for place, kind in enumerate(kinds)}
    columns = ", ".join(f"{name} {kind}" for name, kind in named.items())
    ground.connection.execute(f"create temporary table copied ({columns}) on commit drop".encode())
    return named


def kept(ground: Ground) -> list[dict]:
    return ground.connection.execute("select copied::text as whole from copied order by ctid").fetchall()


def readable(cells: pa.Array) -> pa.Array:
    """Cells as CSV has them: a pseudonym in hexadecimal digits."""
    if not pa.types.is_fixed_size_binary(cells.type):
        return cells
    return pa.array([None if cell is None else cell.hex() for cell in cells.to_pylist()], pa.string())


def as_text(ground: Ground, batches: list[dict[str, pa.Array]]) -> list[dict]:
    """The rows that are kept of the same cells as CSV, which is how they were copied before."""
    with ground.connection.cursor() as cursor, cursor.copy("copy copied from stdin (format csv)") as copy:
        for columns in batches:
            # Of a batch without rows Arrow writes a zero byte.
            if len(columns["c0"]):
                out = io.BytesIO()
                table = pa.table({name: readable(of) for name, of in columns.items()})
                pacsv.write_csv(table, out, pacsv.WriteOptions(include_header=False))
                copy.write(out.getvalue())
    return kept(ground)


@examples(40)
@given(ROWS, ROWS)
def test_what_is_copied_is_what_the_same_cells_are_as_text(ground: Ground, first, second):
    batches = [columns_of(rows) for rows in (first, second)]
    with ground.connection.transaction(force_rollback=True):
        kinds = made(ground, KINDS)
        assert copying.copy(ground.connection, TABLE, kinds, iter(batches)).rows == len(first) + len(second)
        copied = kept(ground)
    with ground.connection.transaction(force_rollback=True):
        made(ground, KINDS)
        assert copied == as_text(ground, batches)


@examples(15)
@given(st.lists(st.one_of(st.none(), st.lists(LETTERS, max_size=4)), min_size=1, max_size=6))
def test_lists_of_texts_are_arrays(ground: Ground, lists):
    with ground.connection.transaction(force_rollback=True):
        kinds = made(ground, ["text[]"])
        copying.copy(ground.connection, TABLE, kinds, iter([{"c0": pa.array(lists, pa.list_(pa.string()))}]))
        assert [row["c0"] for row in ground.connection.execute("select c0 from copied order by ctid")] == lists


def test_a_part_of_a_column_is_copied_as_that_part(ground: Ground):
    texts, days = pa.array(["a", None, "cc", "ddd"]), pa.array([None, date(2020, 1, 1), date(1999, 12, 31), None])
    with ground.connection.transaction(force_rollback=True):
        kinds = made(ground, ["text", "date"])
        copying.copy(ground.connection, TABLE, kinds, iter([{"c0": texts.slice(1, 2), "c1": days.slice(1, 2)}]))
        assert [row["whole"] for row in kept(ground)] == ["(,2020-01-01)", "(cc,1999-12-31)"]


def test_a_column_of_an_earlier_type_takes_what_can_be_made_into_it(ground: Ground):
    """As when a feed file calls a column a text that was a number, and the feed's table is older than that."""
    with ground.connection.transaction(force_rollback=True):
        kinds = made(ground, ["bigint", "date", "text"])
        at = datetime(2020, 3, 4, tzinfo=UTC)
        columns = {"c0": pa.array(["12"]), "c1": pa.array(["2020-03-04"]), "c2": pa.array([at.date()])}
        copying.copy(ground.connection, TABLE, kinds, iter([columns]))
        assert [row["whole"] for row in kept(ground)] == ["(12,2020-03-04,2020-03-04)"]
    with pytest.raises(SubmissionRefused, match=r"not of its column.s type\. It is in the column .c0.") as refusal:
        binary.rows({"c0": pa.array(["Zzyzx"])}, {"c0": "bigint"})
    assert "Zzyzx" not in refusal.value.message


def test_a_pseudonym_is_kept_as_one_and_nothing_else_is():
    hashed, clear = pa.array([b"x" * 16], pa.binary(16)), pa.array(["sixteen letters!"])
    for cells, kind in ((hashed, "text"), (clear, "uuid")):
        with pytest.raises(VrnError, match=f"'c0' is of the type {kind} in its table") as error:
            binary.rows({"c0": cells}, {"c0": kind})
        assert "sixteen" not in str(error.value)


def test_a_type_that_nobody_wrote_an_encoding_for_is_named(ground: Ground):
    with pytest.raises(VrnError, match=r"'c0' is of the type numeric\(9,2\)"):
        binary.rows({"c0": pa.array([1.5])}, {"c0": "numeric(9,2)"})
