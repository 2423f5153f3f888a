"""The rules of the bench's feed file in SQL, as somebody would write it for this one table: what is
failed by which rows, and how many there are by rule.

It reads the staged table three times: for what a row says by itself, for what rows with the same
identifier say together, and for how many rows have a month at all.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from tests.bench import street
from vrn.feeds.contract import Contract

FORCE = "Lancashire Constabulary"
# Which rows break a rule, by its code. What could not be read is no blank.
OF_A_ROW = {
    "GEN-006": "unreadable_columns is not null",
    "BEN-001": "reported_by is null",
    "BEN-002": "falls_within is null",
    "BEN-003": "lsoa_name is null",
    "PSC-002": f"falls_within <> '{FORCE}'",
    "PSC-004": "month not between '2020-03-01' and '2020-03-31'",
    "PSC-005": "month is null and (unreadable_columns is null or unreadable_columns !~ '\\mmonth\\M')",
    "PSC-006": "crime_id is null and crime_type <> 'Anti-social behaviour'",
    "PSC-007": f"length(falls_within) <> {street.LETTERS}",
    "PSC-008": "crime_type <> all ({PSC-008})",
    "PSC-009": "longitude not between -9 and 2.5",
    "PSC-010": "latitude not between 49 and 61",
    "PSC-011": "lsoa_code is null and crime_type <> 'No Location'",
    "PSC-012": "length(lsoa_code) <> 9",
    "PSC-013": "crime_type is null",
    "PSC-014": "last_outcome_category <> all ({PSC-014})",
    "PSC-016": f"reported_by <> '{FORCE}'",
}
# Over the rows that have the same identifier.
OF_AN_IDENTIFIER = {"PSC-015": "times > 1", "PSC-017": "not is_placed"}
# Of a hundred rows with a month no more than one may be of another.
TOLERATED = 0.01
TABLE = sql.Identifier("raw", "hits_by_hand")
LISTED = """
create table {table} as
select row_number, unnest(array_remove(array[{of_a_row}], null)) as rule_code from {staged} where {is_any}
union all
select row_number, unnest(array_remove(array[{of_an_identifier}], null)) from (
    select row_number, count(*) over same as times, bool_or(lsoa_code is not null) over same as is_placed
    from {staged} where crime_id is not null window same as (partition by crime_id)
) as crime where times > 1 or not is_placed
"""


def ask(connection: psycopg.Connection, staged: sql.Identifier, contract: Contract) -> dict[str, int | None]:
    """How many rows break each rule; None of a rule about the file that tolerates its rows, or finds none."""
    lists = {rule.code: sql.Literal(rule.kwargs["value_set"]) for rule in contract.main.rules if "value_set" in rule.kwargs}
    broken = {code: sql.SQL(condition).format(**lists) for code, condition in OF_A_ROW.items()}
    together = {code: sql.SQL(condition) for code, condition in OF_AN_IDENTIFIER.items()}
    connection.execute(
        sql.SQL(LISTED).format(
            table=TABLE, staged=staged, of_a_row=_codes(broken), of_an_identifier=_codes(together),
            is_any=sql.SQL(" or ").join(sql.SQL("({})").format(one) for one in broken.values()),
        )
    )  # fmt: skip
    counted = connection.execute(sql.SQL("select rule_code, count(*) as rows from {} group by rule_code").format(TABLE))
    rows = dict.fromkeys((*OF_A_ROW, *OF_AN_IDENTIFIER), 0) | {row["rule_code"]: row["rows"] for row in counted}
    whole = connection.execute(sql.SQL("select count(*) as rows, count(month) as months from {}").format(staged)).fetchone()
    connection.execute(sql.SQL("drop table {}").format(TABLE))
    strange = rows["PSC-004"]
    is_tolerated = strange <= TOLERATED * whole["months"]
    return rows | {"PSC-001": 0 if whole["rows"] else None, "PSC-003": None if is_tolerated else strange}


def _codes(conditions: dict[str, sql.Composable]) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("case when {} then {} end").format(condition, sql.Literal(code)) for code, condition in conditions.items()
    )
