"""What a release changes against the one before, as readers of both see it: nothing here comes from a count that is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from vrn.publish.frozen import KEY, RANGE, TELLING

SHOWN, HIDDEN, NONE = "shown", "hidden", "none"

# What readers see of a figure: its published numbers, that it is hidden, or that there is none. What is true of a hidden one is not
# read; of why a figure moved only the deliveries are, and whether its population or definition changed.
CHANGED = f"""
with figure as (
    select
        value.release_id, {", ".join(f"value.{name}" for name in KEY)}, decision.count, decision.denominator, decision.value,
        case
            when value.count is not null and decision.decision is distinct from 'publish' then '{HIDDEN}'
            when decision.count is not null or decision.value is not null then '{SHOWN}'
            else '{NONE}'
        end as state
    from ops.release_value as value
    left join ops.release_decision as decision using (release_id, {", ".join(KEY)})
    where value.release_id in (%(earlier)s, %(later)s)
), earlier as (
    select * from figure where release_id = %(earlier)s
), later as (
    select * from figure where release_id = %(later)s
), moved as (
    select
        {", ".join(KEY)}, earlier.state as earlier_state, later.state as later_state, earlier.count as earlier_count,
        later.count as later_count, earlier.value as earlier_value, later.value as later_value
    from earlier
    full join later using ({", ".join(KEY)})
    where (earlier.state, earlier.count, earlier.denominator, earlier.value)
        is distinct from (later.state, later.count, later.denominator, later.value)
)
select
    moved.*, coalesce(why.because_submission_ids, '{{}}') as because, coalesce(why.is_definition_changed, false) as is_defined_anew,
    coalesce(why.is_population_changed, false) as is_population_changed
from moved
left join publish.release_changes(%(earlier)s, %(later)s) as why using ({", ".join(KEY)})
where coalesce(moved.earlier_state, '{NONE}') <> '{NONE}' or coalesce(moved.later_state, '{NONE}') <> '{NONE}'
order by {", ".join(KEY)}
"""
# The models of indicators and of areas, with their code and their name.
NAMED = {"dim_indicator": ("indicator_id", "short_name"), "dim_area": ("area_code", "area_name")}
# What one release has of a model and the other has not, by its code.
ONLY = """
select content ->> %(code)s as code, content ->> %(name)s as name
from ops.release_row as ours
where release_id = %(one)s and relation = %(relation)s and not exists (
    select from ops.release_row as theirs
    where theirs.release_id = %(other)s and theirs.relation = %(relation)s
        and theirs.content ->> %(code)s = ours.content ->> %(code)s
)
order by 1
"""
# What two releases say otherwise of the same indicator or area, field by field.
DEFINED_ANEW = """
select earlier.content ->> %(code)s as code, field, earlier.content ->> field as before, later.content ->> field as after
from ops.release_row as earlier
inner join ops.release_row as later
    on
        later.release_id = %(later)s
        and later.relation = earlier.relation
        and later.content ->> %(code)s = earlier.content ->> %(code)s
cross join lateral jsonb_object_keys(later.content) as field
where
    earlier.release_id = %(earlier)s and earlier.relation = %(relation)s
    -- A field that the model got since is no change of what it says.
    and earlier.content ? field
    and earlier.content -> field is distinct from later.content -> field
order by code, field
"""
# Whatever else readers see, by table: rows that one of the two has and the other has not.
ROWS = """
select relation, count(*) as found
from (
    select relation, content from ops.release_row where release_id in (%(earlier)s, %(later)s)
    group by relation, content having count(*) = 1
) as one
group by relation order by relation
"""
# Whether anything else is told otherwise: limits, a comparison or a trend in words, a range in the place of a hidden count.
IS_TOLD_ANEW = " or ".join(
    f"exists (select from ops.{view} where release_id in (%(earlier)s, %(later)s) group by {columns} having count(*) = 1)"
    for view, columns in (
        ("release_decision", ", ".join((*KEY, *TELLING))),
        ("release_range", ", ".join((*KEY, *RANGE))),
    )
)
DELIVERIES = """
select submission_id, feed, supplier, period_start, period_end, is_later
from (
    select submission_id, max(release_id) = %(later)s as is_later
    from ops.release_submission where release_id in (%(earlier)s, %(later)s)
    group by submission_id having count(*) = 1
) as exchanged
inner join ops.submission using (submission_id)
order by feed, supplier, period_start, submission_id
"""


@dataclass(frozen=True)
class Figure:
    """A figure that readers see otherwise than before. States: shown, hidden, none; None where the release does not have it."""

    key: tuple[str, ...]
    earlier_state: str | None
    later_state: str | None
    earlier: float | None
    later: float | None
    because: tuple[int, ...]
    is_defined_anew: bool
    is_population_changed: bool

    @property
    def move(self) -> float | None:
        """By what share of the earlier value a figure moved that both releases show; None of any other, and infinite from zero."""
        if self.earlier is None or self.later is None:
            return None
        if self.earlier == self.later:
            return 0.0
        return abs(self.later - self.earlier) / abs(self.earlier) if self.earlier else float("inf")


@dataclass(frozen=True)
class Delivery:
    """A delivery that serves in one of the two releases and not in the other."""

    submission_id: int
    said: str
    is_later: bool


@dataclass(frozen=True)
class Said:
    """A field of an indicator or an area that both releases have, and of which they say something else."""

    code: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Only:
    """Indicators and areas that one of two releases has and the other has not: codes and names."""

    indicators: tuple[tuple[str, str], ...]
    areas: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Changes:
    """What differs between two releases. shown_before: the figures that the earlier one shows; shown_in_both: of those, how many
    the later one shows as well. new: what the later one has and the earlier one has not. rows: by table of what is frozen, how many
    rows only one of them has. is_same: readers see no difference."""

    earlier: str
    figures: tuple[Figure, ...]
    deliveries: tuple[Delivery, ...]
    gone: Only
    new: Only
    said: tuple[Said, ...]
    rows: tuple[tuple[str, int], ...]
    is_same: bool
    shown_before: int

    def between(self, before: str | None, after: str | None) -> list[Figure]:
        """Those that went from one state to another; None stands for none as well as for not there."""

        def is_state(state: str | None, wanted: str | None) -> bool:
            return state == wanted or (wanted is None and state == NONE)

        return [one for one in self.figures if is_state(one.earlier_state, before) and is_state(one.later_state, after)]

    def moved(self, percent: float) -> list[Figure]:
        """Figures that both releases show and that moved by more, the furthest first."""
        found = [one for one in self.between(SHOWN, SHOWN) if one.move is not None and one.move * 100 > percent]
        return sorted(found, key=lambda one: (-one.move, one.key))

    @property
    def shown_in_both(self) -> int:
        return self.shown_before - len([one for one in self.figures if one.earlier_state == SHOWN and one.later_state != SHOWN])


def between(connection: psycopg.Connection, earlier: str, later: str) -> Changes:
    """Compare two releases, by their ids, on a connection of the owner's with rows as dictionaries."""
    both = {"earlier": earlier, "later": later}
    shown = connection.execute(
        "select count(*) as found from ops.release_decision where release_id = %(earlier)s and decision = 'publish' "
        "and (count is not null or value is not null)",
        both,
    ).fetchone()
    figures = tuple(_figures(connection.execute(CHANGED, both)))
    deliveries = tuple(_delivery(row) for row in connection.execute(DELIVERIES, both))
    rows = tuple((row["relation"], row["found"]) for row in connection.execute(ROWS, both))
    return Changes(
        earlier=earlier,
        figures=figures,
        deliveries=deliveries,
        gone=only_in(connection, earlier, later),
        new=only_in(connection, later, earlier),
        said=tuple(
            Said(**row)
            for relation, (code, _) in NAMED.items()
            for row in connection.execute(DEFINED_ANEW, {**both, "relation": relation, "code": code})
        ),
        rows=rows,
        is_same=not (
            figures or deliveries or rows or connection.execute(f"select {IS_TOLD_ANEW} as found", both).fetchone()["found"]
        ),
        shown_before=shown["found"],
    )


def only_in(connection: psycopg.Connection, one: str, other: str) -> Only:
    """What the one has and the other has not; known as soon as the definitions of both are kept."""

    def of(relation: str) -> tuple[tuple[str, str], ...]:
        code, name = NAMED[relation]
        rows = connection.execute(ONLY, {"one": one, "other": other, "relation": relation, "code": code, "name": name})
        return tuple((row["code"], row["name"]) for row in rows)

    return Only(*map(of, NAMED))


def _figures(rows) -> Iterator[Figure]:
    for row in rows:
        # A figure without a value, such as a count by itself, moves as its count does.
        name = "value" if row["earlier_value"] is not None or row["later_value"] is not None else "count"
        numbers = (row[f"earlier_{name}"], row[f"later_{name}"])
        yield Figure(
            tuple(row[name] for name in KEY),
            row["earlier_state"],
            row["later_state"],
            *(None if number is None else float(number) for number in numbers),
            tuple(row["because"]),
            row["is_defined_anew"],
            row["is_population_changed"],
        )


def _delivery(row: dict) -> Delivery:
    period = f"{row['period_start']} to {row['period_end']}" if row["period_start"] else "period unknown"
    return Delivery(row["submission_id"], f"{row['feed']} of {row['supplier']}, {period}", row["is_later"])
