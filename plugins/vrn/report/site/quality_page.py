"""What the page on data quality and freshness says."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

from vrn.report.figures import words
from vrn.report.figures.numbers import day, grouped
from vrn.report.site.from_publish import Published

# What somebody has to ask for comes first.
ORDER = ("late", "never_came", "up_to_date", "ended", "not_expected")
WORTH_SEEING, MOST_OPEN = ("late", "never_came"), 12
# In a sentence, after a number of feeds, where the heading of the group does not fit.
AFTER_A_NUMBER = {"never_came": "of which nothing ever came"}


def view(published: Published) -> dict[str, Any]:
    names = {row["feed"]: row["feed_name"] for row in published.feeds}
    suppliers = {(row["feed"], row["supplier"]): row["supplier_name"] for row in published.feeds}
    feeds = [_feed(row) for row in published.feeds]
    found = Counter(feed["code"] for feed in feeds)
    return {
        "number": len(feeds),
        "groups": [
            {"words": text, "explained": explained, "feeds": group, "is_open": code in WORTH_SEEING and len(group) <= MOST_OPEN}
            for code in ORDER
            for text, explained in (words.FEED_STATUSES[code],)
            if (group := [feed for feed in feeds if feed["code"] == code])
        ],
        "counts": [(AFTER_A_NUMBER.get(code, text), found[code]) for code, (text, _) in words.FEED_STATUSES.items() if found[code]],
        # Whatever their status is: the latest period may have come after the refused ones.
        "refused": [feed for feed in feeds if feed["refused_periods"]],
        "deliveries": [
            _delivery(row, names.get(row["feed"], row["feed"]), suppliers.get((row["feed"], row["supplier"]), row["supplier"]))
            for row in published.deliveries
        ],
    }


def _feed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": row["feed_name"],
        "supplier": row["supplier_name"],
        "code": row["status"],
        "sign": "",
        "words": words.FEED_STATUSES[row["status"]][0],
        "up_to": _day(row["latest_period_ends_on"], "nothing yet"),
        "due": _day(row["next_due_on"], "overdue" if row["status"] == "never_came" else "not due"),
        "accepted": grouped(row["accepted_count"]),
        "superseded": grouped(row["superseded_count"]),
        "refused": grouped(row["refused_count"]),
        "refused_periods": row["refused_period_count"],
        "is_synthetic": row["is_synthetic"],
    }


NOT_SAID = "not said"
ROWS = ("rows_in_file", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_warned")


def _delivery(row: dict[str, Any], feed: str, supplier: str) -> dict[str, Any]:
    named = {"feed": feed, "supplier": supplier, "deliveries": grouped(int(row["deliveries"] or 0))}
    if not row["is_exact"]:
        share = f"{grouped(100 * row['least_share'], 0)} % or more of each" if row["least_share"] else NOT_SAID
        rows = f"mostly {row['rows_band']} each" if row["rows_band"] else NOT_SAID
        return named | dict.fromkeys(ROWS, NOT_SAID) | {"rows_in_file": rows, "share": share}
    in_file, taken = int(row["rows_in_file"] or 0), int(row["rows_accepted"] or 0)
    share = f"{grouped(100 * taken / in_file, 1)} %" if in_file else "no rows"
    return named | {"share": share} | {name: grouped(int(row[name] or 0)) for name in ROWS}


def _day(value: date | datetime | None, otherwise: str) -> str:
    return day(value) if value else otherwise
