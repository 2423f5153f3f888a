"""What earlier releases have told, for disclosure control, and what they told it of.

Each state of indicators that are judged together is read once, however many releases have it. A release that was given up told
nobody anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import psycopg
from psycopg.rows import tuple_row

from vrn.publish import disclosure
from vrn.publish.disclosure import Definitions, related
from vrn.publish.frozen import KEY

ROWS_OF_A_BLOCK = 10_000
# The releases in force before this one in which anything began or ended that a table keeps.
POINTS = """
    select distinct changed.{column}, (
        select min(release_number) from ops.release_in_force where release_number >= changed.point and release_number < %(number)s
    ) as number
    from (select distinct {column}, unnest(array[since_release, until_release]) as point from ops.{table}) as changed
"""
STATES = f"""
select indicator_id, array_agg(distinct number) as numbers
from (
    {POINTS.format(column="indicator_id", table="kept_value")}
    union all
    {POINTS.format(column="indicator_id", table="kept_decision")}
) as state
where number is not null
group by indicator_id
"""
TOLD = f"""
select
    state.number as release, {", ".join(f"value.{name}" for name in KEY)}, value.count, value.denominator,
    decision.decision = 'publish' as is_published
from unnest(%(indicators)s::text[], %(numbers)s::integer[]) as state (indicator_id, number)
inner join ops.kept_value as value
    on
        state.indicator_id = value.indicator_id
        and state.number >= value.since_release
        and (value.until_release is null or state.number < value.until_release)
inner join ops.kept_decision as decision
    on
        {" and ".join(f"value.{name} = decision.{name}" for name in KEY)}
        and state.number >= decision.since_release
        and (decision.until_release is null or state.number < decision.until_release)
where value.count is not null
"""
# The columns that disclosure control reads of the models that a release freezes, in the order of Definitions.
READ = {
    "dim_indicator": ("indicator_id", "adds_up", "value_type", "suppression_policy"),
    "dim_area": ("area_code", "area_type", "area_levels", "leaf_codes"),
    "dim_period": ("period_id", "period_type", "start_on", "end_on"),
}
MAY_BE_MISSING = ("adds_up",)
DEFINED = f"""
with state as (
    select number from ({POINTS.format(column="relation", table="frozen_row")}) as point
    where number is not null and relation = any(%(relations)s)
)
select distinct state.number, frozen_row.relation, frozen_row.content
from state
inner join ops.frozen_row
    on
        frozen_row.relation = any(%(relations)s)
        and state.number >= frozen_row.since_release
        and (frozen_row.until_release is null or state.number < frozen_row.until_release)
order by state.number desc, frozen_row.relation, frozen_row.content
"""


def definitions(connection: psycopg.Connection, number: int) -> list[Definitions]:
    """What the releases before this number were about, as they froze it, the latest first; those that say the same once."""
    rows = connection.execute(DEFINED, {"relations": list(READ), "number": number}).fetchall()
    found: dict[int, dict[str, dict[str, Mapping]]] = {}
    for row in rows:
        code, *others = READ[row["relation"]]
        of_relation = found.setdefault(row["number"], {relation: {} for relation in READ})[row["relation"]]
        # A release of before the column has nothing to say of it.
        if all(row["content"].get(name) is not None for name in others if name not in MAY_BE_MISSING):
            of_relation[row["content"][code]] = {name: row["content"].get(name) for name in (code, *others)}
    different = []
    for one in found.values():
        if one not in different:
            different.append(one)
    return [_as_definitions(one) for one in different]


def _as_definitions(found: Mapping[str, Mapping[str, Mapping]]) -> Definitions:
    indicators, areas, periods = (
        pd.DataFrame(list(found[relation].values()), columns=columns, dtype=object) for relation, columns in READ.items()
    )
    days = {name: pd.to_datetime(periods[name]).dt.date for name in ("start_on", "end_on")}
    return Definitions(indicators, areas, periods.assign(**days))


def of_earlier(connection: psycopg.Connection, number: int, defined: Sequence[Definitions]) -> pd.DataFrame | None:
    """disclosure.MEMORY of the releases before this number; None where there is nothing.

    defined: what this release and those before are about; what one of them judges together is read together. `release` in it is the
    number of the first release that has the state.
    """
    changed = {row["indicator_id"]: row["numbers"] for row in connection.execute(STATES, {"number": number})}
    known = {name for one in defined for name in one.indicators["indicator_id"]}
    states = [
        (name, one)
        for names in related.components(known, disclosure.sentences(defined))
        # What changed in one of them makes another state of all: what they say of each other is another then.
        for one in sorted({point for name in names for point in changed.get(name, [])})
        for name in names
    ]
    blocks = []
    with connection.transaction(), connection.cursor("told", row_factory=tuple_row) as cursor:
        cursor.execute(TOLD, {"indicators": [name for name, _ in states], "numbers": [one for _, one in states]})
        # All rows as Python's objects at the same time would take ten times the room of the frame.
        while rows := cursor.fetchmany(ROWS_OF_A_BLOCK):
            blocks.append(pd.DataFrame(rows, columns=disclosure.MEMORY).astype({"count": float, "denominator": float}))
    return pd.concat(blocks, ignore_index=True) if blocks else None
