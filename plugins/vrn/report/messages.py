"""The message to a supplier: what became of a delivery, which rule was broken, in which rows, and what to do. No values.

A CSV, because that is what both a person and a partner's own program can read: one line for each rule that had something
to say, after one line for the delivery as a whole.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from vrn import whole_file
from vrn.ledger import agreement, states
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
# Where nothing of the delivery serves, or not yet, no row of it does.
OUTCOME_WORDS_OF = {
    states.REFUSED: {
        "hold": "this alone would have had a person look at the file",
        "record": "these rows are wrong too",
        "warning": "look at these rows too",
    },
    states.HELD: {
        "record": "these rows would be set aside",
        "warning": "the rows would serve, but look at them",
    },
    states.WITHDRAWN: {
        "hold": "a person looked at the file",
        "record": "these rows were set aside",
        "warning": "look at these rows",
    },
}
WHILE_HELD = (
    "The data team decides whether the file serves, and until then nothing of it does. If you see what is wrong, send a corrected "
    "file; else wait for the data team."
)


def outcome(status: str, code: str) -> str:
    """What a rule did to a delivery that is of this status now. code: the outcome as the rule has it."""
    return OUTCOME_WORDS_OF.get(status, {}).get(code, OUTCOME_WORDS[code])


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
    # What refused or held the file is said of the file as a whole, and not a second time below.
    deciding = [one for one in messages if row["status_reason"] == f"{one['rule_code']}: {one['message']}"]
    whole = {"rows": row["rows_in_file"], "what_to_do": row["status_reason"] or _whole(row)}
    if deciding:
        whole |= {"rule_code": deciding[0]["rule_code"], "outcome": OUTCOME_WORDS["submission"]}
    if row["status"] == states.HELD:
        whole |= {"outcome": OUTCOME_WORDS["hold"]}
        # A file that no agreement covers has nothing in it to correct.
        if whole.get("rule_code") != agreement.RULE:
            whole |= {"what_to_do": f"{whole['what_to_do']} {WHILE_HELD}".lstrip()}
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
                "outcome": outcome(row["status"], one["outcome"]),
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
    if not row["rows_in_file"]:
        months = _months(row["period_start"], row["period_end"])
        return f"No row: it counts as a zero for {months}. If nothing was recorded rather than nothing happened, tell us."
    return (
        f"{row['rows_accepted']:,} rows serve, {row['rows_quarantined']:,} are set aside, {row['rows_duplicate']:,} repeat "
        "another row."
    )


def _months(start: date, end: date) -> str:
    """A period as a person says it: `July 2020`, `July to September 2020`, `April 2020 to March 2021`."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{end:%B %Y}"
    return f"{start:%B}{'' if start.year == end.year else f' {start.year}'} to {end:%B %Y}"
