"""The files of a partner's page: one page and two downloads, without a link to anything that is another's."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from vrn.publish.spreadsheets import harmless
from vrn.report.figures import series, templating, words
from vrn.report.figures.numbers import day, decimals_for, grouped, listed
from vrn.report.figures.subject import COUNTY
from vrn.report.messages import outcome
from vrn.report.partner_pages.from_warehouse import Delivery, State

HERE = Path(__file__).parent
STYLES = (templating.SHARED / "style.css", HERE.parent / "site" / "site.css")
CELL = ("sex", "age_band", "ethnicity", "imd_quintile")
FIGURE_COLUMNS = (
    "indicator_id", "indicator_name", "unit", "area_code", "area_name", "period_id", "period_label", *CELL, "count", "denominator",
    "value", "lower_ci_95", "upper_ci_95", "trend", "status", "is_synthetic",
)  # fmt: skip
DELIVERY_COLUMNS = (
    "submission_id", "feed_name", "supplier", "file_name", "period_start", "period_end", "received_at", "status", "reason",
    "rows_in_file", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_warned",
)  # fmt: skip
MESSAGE_COLUMNS = ("entity", "rule_code", "outcome", "row_count", "row_numbers", "message")
STATUS_WORDS = {
    "received": "under way",
    "staged": "under way",
    "passed": "under way",
    "held": "waits until a person has looked at it",
    "accepted": "serves",
    "superseded": "replaced by a later file",
    "refused": "refused",
    "duplicate": "the same file came before",
    "withdrawn": "withdrawn",
}
# As many as a person looks up; the download has all that the ledger keeps.
ROWS_SHOWN = 20


def write(folder: Path, name: str, state: State, figures: Sequence[Mapping[str, Any]], deliveries: Sequence[Delivery]) -> None:
    """name: the partner's. The folder is made."""
    folder.mkdir(parents=True)
    (folder / "style.css").write_text("\n".join(path.read_text(encoding="utf-8") for path in STYLES), encoding="utf-8")
    _download(folder / "figures.csv", FIGURE_COLUMNS, figures)
    _download(folder / "deliveries.csv", (*DELIVERY_COLUMNS, *MESSAGE_COLUMNS), _told(deliveries))
    text = (
        templating.environment(HERE / "templates")
        .get_template("partner.html.j2")
        .render(
            name=name,
            is_synthetic=any(row["is_synthetic"] for row in figures) or any(one.row["is_synthetic"] for one in deliveries),
            as_of=day(state.as_of) if state.as_of else "",
            made=_moment(state.made_at),
            built=_moment(state.built_at) if state.built_at else "",
            release=state.release_id or "",
            indicators=[_indicator(rows) for rows in _grouped(latest(figures), lambda row: row["indicator_id"])],
            feeds=[
                _feed(of_feed) | {"figures": _figures_of(of_feed[0].row["feed"], figures) if state.release_id else ""}
                for of_feed in _grouped(deliveries, lambda one: one.row["feed_name"])
            ],
        )
    )
    (folder / "index.html").write_text(text, encoding="utf-8")


def latest(figures: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of each indicator and area the latest figure of everybody, of the longest kind of period that has one, as on the site.

    A quarter's rate beside those of years would be taken for a fall. figures: in the order of periods.
    """
    found = {}
    for row in figures:
        if row["value"] is not None and all(row[name] == "all" for name in CELL):
            key = row["indicator_id"], row["area_code"]
            if key not in found or _length(row) <= _length(found[key]):
                found[key] = row
    return list(found.values())


def _length(row: Mapping[str, Any]) -> int:
    """The place of its kind of period, the longest first; last where no release has the period yet."""
    return series.COMPARED.index(row["period_type"]) if row["period_type"] else len(series.COMPARED)


def _grouped(items: Iterable[Any], key: Callable[[Any], str]) -> list[list[Any]]:
    """The items of each key, keys in the order of the alphabet: closed until somebody opens one, so that a page stays short."""
    return [list(found) for _, found in groupby(sorted(items, key=key), key=key)]


def _indicator(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """An indicator's figures, and which stands for them: the county's, or else the first."""
    figures = [_figure(row) for row in rows]
    (chosen,) = [figure for row, figure in zip(rows, figures, strict=True) if row["area_code"] == COUNTY] or figures[:1]
    # What is counted is no unit in a sentence.
    unit = "" if chosen["unit"] == "count" else f" {chosen['unit']}"
    return {"name": chosen["indicator"], "chosen": chosen | {"unit": unit}, "figures": figures}


def _feed(of_feed: Sequence[Delivery]) -> dict[str, Any]:
    """A feed's deliveries, the latest first, and how many of them wait or were refused."""
    told = [_delivery(one) for one in of_feed]
    aside = sum(one.row["rows_quarantined"] or 0 for one in of_feed if one.row["status"] == "accepted")
    return {
        "name": told[0]["feed"],
        "latest": told[0],
        "aside": grouped(aside),
        "refused": grouped(sum(one.row["status"] == "refused" for one in of_feed)),
        "held": grouped(sum(one.row["status"] == "held" for one in of_feed)),
        "deliveries": told,
    }


def _figures_of(feed: str, figures: Sequence[Mapping[str, Any]]) -> str:
    """Which of the partner's figures are made of a feed, and why others have none."""
    known, reasons = set(), {}
    for row in figures:
        if feed in (row["feeds"] or "").split(", "):
            reasons[row["indicator_id"]] = words.STATUSES[row["status"]][0]
            if row["value"] is not None:
                known.add(row["indicator_id"])
    if not reasons:
        return (
            "None of the figures on this page is made of it: what is made of it rests on what others send as well, so that you "
            "could not count it alone. What may be said of it is on the public site."
        )
    said = f"Your figures of it: {listed(sorted(known))}."
    lacking = [f"{name} ({reason})" for name, reason in sorted(reasons.items()) if name not in known]
    return said + (f" Without a figure yet: {listed(lacking)}." if lacking else "")


def _figure(row: Mapping[str, Any]) -> dict[str, str]:
    numbers = [float(row[name]) for name in ("value", "lower_ci_95", "upper_ci_95") if row[name] is not None]
    # A count, which nothing divides, is whole, and so are its limits.
    decimals = 0 if row["denominator"] is None and row["value"] == row["count"] else decimals_for(numbers)
    value, *limits = (grouped(number, decimals) for number in numbers)
    return {
        "indicator": f"{row['indicator_id']} {row['indicator_name']}",
        "area": row["area_name"],
        "period": row["period_label"],
        "count": "" if row["count"] is None else grouped(row["count"]),
        "value": value,
        "interval": " to ".join(limits),
        "unit": row["unit"] or "",
        "trend": words.TRENDS[row["trend"]][1] if row["trend"] else "",
    }


def _moment(moment: datetime) -> str:
    return f"{day(moment)}, {moment:%H:%M}"


def _delivery(delivery: Delivery) -> dict[str, Any]:
    row = delivery.row

    def number(name: str) -> str:
        return "" if row[name] is None else grouped(row[name])

    return {
        "file": row["file_name"],
        "feed": row["feed_name"],
        "period": f"{day(row['period_start'])} to {day(row['period_end'])}" if row["period_start"] else "",
        "received": day(row["received_at"]),
        "status": STATUS_WORDS[row["status"]],
        "reason": row["reason"],
        "rows": number("rows_in_file"),
        "taken": number("rows_accepted"),
        "aside": number("rows_quarantined"),
        "twice": number("rows_duplicate"),
        "messages": [_message(row["status"], one) for one in delivery.messages],
    }


def _message(status: str, message: Mapping[str, Any]) -> dict[str, str]:
    shown = message["row_numbers"][:ROWS_SHOWN]
    more = (message["row_count"] or 0) - len(shown)
    return {
        "rule": message["rule_code"],
        "outcome": outcome(status, message["outcome"]),
        "message": message["message"],
        "rows": ", ".join(map(str, shown)) + (f" and {grouped(more)} more" if shown and more > 0 else ""),
    }


def _told(deliveries: Iterable[Delivery]) -> Iterable[Mapping[str, Any]]:
    """One row for each delivery and each rule that had something to say of it."""
    for delivery in deliveries:
        for message in delivery.messages or ({},):
            numbers = " ".join(map(str, message.get("row_numbers", ())))
            yield delivery.row | dict(message) | {"row_numbers": numbers}


def _download(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(columns)
        for row in rows:
            cells = (row.get(name) for name in columns)
            written.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
