"""The message to a supplier: what became of a delivery, which rule was broken, in which rows, and what to do. No values.

A CSV, because that is what both a person and a partner's own program can read: one line for each rule that had something
to say, after one line for the delivery as a whole.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from vrn import whole_file
from vrn.publish.spreadsheets import harmless
from vrn.settings import Settings

COLUMNS = (
    "file_name",
    "period_start",
    "period_end",
    "status",
    "table",
    "rule_code",
    "outcome",
    "rows",
    "row_numbers",
    "what_to_do",
)
OUTCOME_WORDS = {
    "submission": "the whole file is refused",
    "hold": "the file waits until a person has looked at it",
    "record": "these rows are set aside, the others serve",
    "warning": "the rows serve, but look at them",
    "note": "for your information",
}


def path(settings: Settings, row: dict) -> Path:
    return settings.messages / row["feed"] / row["supplier"] / f"{row['submission_id']:06d}-{row['status']}.csv"


def write(settings: Settings, row: dict, messages: list[dict]) -> Path:
    """Write the message of a ledger row."""
    target = path(settings, row)
    target.parent.mkdir(parents=True, exist_ok=True)
    shared = {name: row[name] for name in ("file_name", "period_start", "period_end", "status")}
    shared["file_name"] = harmless(row["file_name"])
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    # What refused the file is said of the file as a whole, and not a second time below.
    deciding = [one for one in messages if row["status_reason"] == f"{one['rule_code']}: {one['message']}"]
    whole = {"rows": row["rows_in_file"], "what_to_do": row["status_reason"] or _whole(row)}
    if deciding:
        whole |= {"rule_code": deciding[0]["rule_code"], "outcome": OUTCOME_WORDS["submission"]}
    writer.writerow(shared | whole)
    for one in messages:
        if one in deciding and not one["row_numbers"]:
            continue
        numbers = " ".join(map(str, one["row_numbers"]))
        more = (one["row_count"] or 0) - len(one["row_numbers"])
        writer.writerow(
            shared
            | {
                "table": one["entity"],
                "rule_code": one["rule_code"],
                "outcome": OUTCOME_WORDS[one["outcome"]],
                "rows": one["row_count"],
                "row_numbers": numbers + (f" and {more:,} more" if numbers and more > 0 else ""),
                "what_to_do": one["message"],
            }
        )
    whole_file.write(target, text.getvalue())
    return target


def _whole(row: dict) -> str:
    if row["rows_accepted"] is None:
        return row["hold_reason"] or ""
    return (
        f"{row['rows_accepted']:,} rows serve, {row['rows_quarantined']:,} are set aside, {row['rows_duplicate']:,} repeat "
        "another row."
    )
