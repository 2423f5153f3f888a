"""What earlier releases have told, for disclosure control: each state of indicators that are judged together once, however many
releases have it."""

from __future__ import annotations

import pandas as pd
import psycopg

from vrn.publish import disclosure
from vrn.publish.disclosure import related
from vrn.publish.frozen import KEY

# The releases in which anything of an indicator began or ended.
STATES = """
select indicator_id, array_agg(distinct point) as numbers
from (
    select indicator_id, unnest(array[since_release, until_release]) as point from ops.kept_value
    union all
    select indicator_id, unnest(array[since_release, until_release]) from ops.kept_decision
) as changed
where point < %(number)s
group by indicator_id
"""
# Of an area or a period that is no more nothing is published, and nothing adds up to it.
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
inner join marts.dim_area on value.area_code = dim_area.area_code
inner join marts.dim_period on value.period_id = dim_period.period_id
where value.count is not null
"""


def of_earlier(connection: psycopg.Connection, number: int) -> pd.DataFrame | None:
    """disclosure.MEMORY of the releases before this number; None where there is nothing.

    `release` in it is the number of the first release that has the state.
    """
    adds_up = {
        row["indicator_id"]: row["adds_up"] for row in connection.execute("select indicator_id, adds_up from marts.dim_indicator")
    }
    changed = {row["indicator_id"]: row["numbers"] for row in connection.execute(STATES, {"number": number})}
    states = [
        (name, one)
        for names in related.components(adds_up, related.read_all(adds_up))
        # What changed in one of them makes another state of all: what they say of each other is another then.
        for one in sorted({point for name in names for point in changed.get(name, [])})
        for name in names
    ]
    cursor = connection.execute(TOLD, {"indicators": [name for name, _ in states], "numbers": [one for _, one in states]})
    told = pd.DataFrame(cursor.fetchall(), columns=disclosure.MEMORY)
    return None if told.empty else told
