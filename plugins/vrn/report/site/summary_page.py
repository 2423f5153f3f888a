"""A page for the board, in words: what gets worse, where it is worse, what gets better, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vrn.report.figures.numbers import counted, listed
from vrn.report.site import scorecard

# So many of a kind fit on one printed page.
MOST = {"worsening": 5, "somewhere": 5, "better": 4}
MOST_ALSO = 5
TITLES = {"worsening": "What is getting worse", "somewhere": "Where it is worse", "better": "What is getting better"}


def view(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """rows: of the scorecard."""
    by_code = {part["code"]: part["rows"] for part in scorecard.parts(rows)}
    judged = [row for code, found in by_code.items() if code != "unjudged" for row in found]
    return {
        "summary": scorecard.summary(rows),
        "parts": [
            {
                "title": title,
                "sentences": [_sentence(row) for row in by_code.get(code, ())[: MOST[code]]],
                "more": max(0, len(by_code.get(code, ())) - MOST[code]),
                # Counted among what gets better, and told above because it is worse somewhere.
                "also": (also := [row for row in by_code.get("somewhere", ()) if row["way"] == code])[:MOST_ALSO],
                "more_also": max(0, len(also) - MOST_ALSO),
            }
            for code, title in TITLES.items()
        ],
        "level": counted(sum(row["way"] == "level" for row in judged), "indicator", "indicators"),
        "unknown": counted(sum(row["way"] == "unknown" for row in judged), "indicator", "indicators"),
        "without": [(reason, counted(len(found), "indicator", "indicators")) for reason, found in scorecard.without(rows)],
    }


def _sentence(row: Mapping[str, Any]) -> dict[str, str]:
    """An indicator in a sentence, with its figure and its change."""
    figure, change = row["figure"], row["change"]
    since = f"; {change['number']} since a year earlier, {change['words']}" if change["number"] else ""
    if change["number"] and change["period"] != figure["period"]:
        since += f" ({change['period']})"
    worst = f" Worse and getting worse: {_few(row['worst'])}." if row["worst"] else ""
    england = (
        f" The county is worse than England ({row['england']['value']})." if row["is_worse_than_england"] and row["england"] else ""
    )
    unit = "" if row["unit"] == "count" else f" {row['unit']}"
    return {
        "indicator_id": row["indicator_id"],
        "finding": row["finding"] or row["short_name"],
        "figure": f"{figure['area']}: {figure['value']}{unit}, {figure['period']}{since}.{england}{worst}",
    }


def _few(names: Sequence[str]) -> str:
    return listed(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more districts"
