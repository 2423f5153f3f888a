"""The note that a run leaves in Airflow: what came of each delivery, and what the rules said. No values."""

from __future__ import annotations

from collections.abc import Sequence

from vrn.feeds.period import Period
from vrn.ledger import states

# What a person has to look at comes first, because Airflow keeps the first thousand characters of a note.
URGENCY = (
    *(states.REFUSED, states.HELD, states.RECEIVED, states.STAGED, states.PASSED),
    *(states.WITHDRAWN, states.ACCEPTED, states.SUPERSEDED, states.DUPLICATE),
)
# Airflow keeps so many characters of a note.
LONGEST = 1000
# How many row numbers a note names before it says how many more there are; the supplier's message has them all.
ROWS_NAMED = 5


def of_run(rows: list[dict], said: dict[int, list[dict]], failed: Sequence[str] = ()) -> str:
    """What came of a run: what failed, then a line for each delivery with the reason, then what the rules said; what is wrong comes
    first, because Airflow keeps the first thousand characters."""
    lines = [*(f"- **{sentence}**" for sentence in failed), *map(_headline, rows)]
    return "\n\n".join(["\n".join(lines), *filter(None, (_details(row, said[row["submission_id"]]) for row in rows))])


def fitting(note: str, feed: str) -> str:
    """A note of no more characters than Airflow keeps: it ends with a whole line, and says where there is more."""
    if len(note) <= LONGEST:
        return note
    more = f"\n… more in messages/{feed}/"
    kept = note[: LONGEST - len(more) + 1]
    # A sentence longer than a note ends with a whole word.
    end = kept.rfind("\n") if "\n" in kept else kept.rfind(" ")
    return note[: end if end > 0 else LONGEST - len(more)].rstrip() + more


def _headline(row: dict) -> str:
    period = Period.between(row["period_start"], row["period_end"]).label if row["period_start"] else "period unknown"
    kind = " (synthetic)" if row["is_synthetic"] else ""
    line = f"- {row['supplier']} {period}{kind} {row['file_name']}: **{row['status']}**"
    if row["rows_accepted"] is not None:
        return line + (
            f", rows in {row['rows_in_file']:,}, accepted {row['rows_accepted']:,}, "
            f"quarantined {row['rows_quarantined']:,}, duplicate {row['rows_duplicate']:,}"
        )
    return line + (f", {row['status_reason']}" if row["status_reason"] else "")


def _details(row: dict, said: list[dict]) -> str:
    lines = [
        f"- {one['rule_code']} ({one['outcome']}, {'all' if one['row_count'] is None else one['row_count']} rows): "
        f"{one['message']}{_rows(one['row_numbers'], one['row_count'])}"
        for one in said
        if row["status"] != states.DUPLICATE
    ]
    docs = f"[Data Docs](/data-docs/{row['feed']}/{row['submission_id']:06d}.html)" if row["rows_in_file"] else ""
    return "\n".join([f"**{row['file_name']}**", *lines, docs]) if lines or docs else ""


def _rows(numbers: list[int], count: int | None) -> str:
    """The first rows that a sentence is about, by number."""
    if not numbers:
        return ""
    named = ", ".join(map(str, numbers[:ROWS_NAMED]))
    more = (count or 0) - len(numbers[:ROWS_NAMED])
    return f" Row{'s' if count != 1 else ''} {named}{f' and {more:,} more' if more > 0 else ''}."
