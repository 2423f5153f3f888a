"""The words of feed files: what the Open Data Contract Standard leaves open and we need. vrn.feeds.breaches checks them.

On one page in expectations/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

CLASSIFICATIONS = ("keep", "hash", "month", "age", "lsoa", "match", "verdict", "drop")
DOMAINS = ("nhs", "upn", "pnc", "local")
# Identifiers whose check digit tells garbage from an identifier.
CHECKED_DOMAINS = ("nhs", "upn", "pnc")
# What a verdict may say of a day: how it stands to another, or the age that it makes, at another day or of one born on it.
VERDICT_DAYS = ("after", "before", "differsFrom")
VERDICT_AGES = ("ageUnder", "ageFrom")
VERDICT_KEYS = {*VERDICT_DAYS, *VERDICT_AGES, "days", "at", "born", "by"}
PERIOD_DAYS = ("period_start", "period_end")
MATCHED_AS = ("surname", "forename", "date_of_birth", "postcode")
# Services whose records of persons are linked, and the identifiers that say who a record is about.
SERVICES = ("police", "youth_offending", "social_care")
LINKED_BY = {"nhs": "nhs", "upn": "upn", "former_upn": "upn", "pnc": "pnc"}
LINKAGE_KEYS = {"service", "key", "sex", "ids"}
OUTCOMES = ("submission", "hold", "record", "warning")
FORMATS = ("csv", "zip", "xml")
PLACES = {"local": ("path",), "sftp": ("connection", "remotePath"), "custom": ("transport", "connection", "remoteFiles")}
# How one knows that a file in a folder is whole: another of its name and this suffix lies beside it, or it lost this suffix.
WHOLE = ("marker", "unfinished")
# The standard has no web server among its types of server, so that one is a custom one that names its transport.
CUSTOM_TRANSPORTS = ("http",)
LOGICAL_TYPES = {
    "string": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}
NUMBERS = ("integer", "number")
# What a class can be said of: another type has no month, no age and no place, and an identifier that is a number loses its zeros.
CLASS_TYPES = {"hash": ("string",), "month": ("date",), "age": ("date",), "lsoa": ("string",)}
MATCH_TYPES = {"date_of_birth": "date"}
# The bytes that PostgreSQL keeps of a name.
LONGEST_NAME = 63
# The standard's forms of a date, and how Python writes them.
DATE_FORMATS = {"yyyy-MM-dd": "%Y-%m-%d", "yyyy-MM": "%Y-%m", "dd/MM/yyyy": "%d/%m/%Y"}
# A text that is a time of day, as the clock on the wall shows it.
TIME_OF_DAY = "HH:mm"
DAYS = {"d": 1, "day": 1, "month": 31, "m": 31, "y": 366, "year": 366}
# When a delivery is held or refused for what it lacks, and what contract.Shares calls it.
SHARES = {
    "holdSetAside": "hold_set_aside",
    "refuseSetAside": "refuse_set_aside",
    "holdReplace": "hold_replace",
    "leastRows": "least_rows",
}
# What a dated change may do to the list or the value that it points to.
CHANGES = ("set", "add", "remove")
# In a rule's text: what stands for the file's own period and supplier, for another entity's table, and, in its sentence, for the
# codes of other suppliers that the rows say (the rule's query gives them as `says`).
PLACEHOLDERS = ("period_start", "period_end", "period_start_at", "next_period_start_at", "supplier", "supplier_codes")
SAYS = "${says}"
UNEXPECTED_ROWS = "unexpected_rows_expectation"
NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
UNEXPECTED_ROWS_QUERY = "unexpected_rows_query"
# What begins the placeholder of an entity's rows in the delivery that serves for the period before: ${previous.episodes}.
PREVIOUS = "${previous."
# What stands in a query for the day in the file's name on which the supplier cut the data.
EXTRACT = "${extract}"
UNREADABLE_CODE = "GEN-006"
DIFFERING_CODE = "GEN-031"
# What the codes of the rules that every feed has begin with.
OWN_CODES = "GEN-"
# Said where a mistake in the form of the file keeps a check from looking further.
UNREADABLE_PART = "cannot be read; compare it with expectations/README.md"
OWN_COLUMNS = ("submission_id", "row_number", "unreadable_columns")


def custom(item: dict[str, Any]) -> dict[str, Any]:
    """The customProperties of an element as a mapping."""
    return {entry["property"]: entry["value"] for entry in item.get("customProperties", [])}


def may_be_withheld(item: dict[str, Any]) -> bool:
    """Whether a column's supplier may know a number and not say it (`<5`, `*`): any kept number, unless the feed file says no."""
    is_number = item.get("logicalType") in NUMBERS and item.get("classification") == "keep"
    return is_number and custom(item).get("withheld", True)


def guarded(where: str, breaches: Iterator[str]) -> Iterator[str]:
    """The breaches that a check finds, up to where something has another form than the check knows: that is one as well."""
    try:
        yield from breaches
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        yield f"{where}: {UNREADABLE_PART}"
