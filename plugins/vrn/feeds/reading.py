"""What a reader bears with in a file, by name, and the words that mean "blank", "total" and "not to be said"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What people and their programs do to a file that can be read in one way only. A feed bears with all of them, unless its file lists
# one under `refuses`. The value is what the supplier reads after "Read with"; {} stands for how often, or for a name.
TOLERANCES = {
    "utf16": "its characters in UTF-16",
    "separator": "{} between the cells instead of commas",
    "sepLine": "a first line that only names the separator",
    "titleRows": "{} row(s) above the header, which were passed over",
    "doubledLineBreaks": "doubled carriage returns",
    "totalRows": "{} row(s) of totals, which were passed over",
    "blankColumns": "{} column(s) that have no heading and nothing in them",
    "officeFiles": "{} file(s) of the computer's own in the zip, which were passed over",
    "furtherSheets": "{} further worksheet(s), which were not read",
    "blankWords": "words such as NULL for a blank",
    "midnights": "a time of day after a date",
    "isoDates": "dates as 2020-04-01 instead of 01/04/2020",
    "monthNames": "months as a spreadsheet writes them (Apr-20)",
    "seconds": "seconds after a time of day",
    "fractions": "fractions of a second, which were cut",
    "thousands": "commas between the thousands of a number",
    "wholeDecimals": "whole numbers or codes with decimals of zero (3.0)",
    "leadingZeros": "codes and hours that lost their leading zeros",
    "percentSigns": "a percent sign after a number",
    "meanings": "values that the feed file takes for others",
}
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# The sheet of a template that is for its reader, and that no delivery is read from.
GUIDE_SHEET = "What to fill in"
WORDS = ("blanks", "totals", "withheld")
KEYS = {*WORDS, "refuses"}


@dataclass(frozen=True)
class Reading:
    """How a feed's files are read.

    blanks: cells with exactly these words are blank. totals: a row whose first filled cell is one of these is a spreadsheet's own;
    case does not matter. withheld: in a column of numbers, a number that is known to its supplier and not said; `<5`, `c. 150` and
    their like mean so too. refuses: tolerances that the feed does without.
    """

    blanks: tuple[str, ...] = ("NULL", "null", "(null)", "\\N", "#N/A", "nan", "NaT", "<NA>")
    totals: tuple[str, ...] = ("total", "totals", "grand total")
    withheld: tuple[str, ...] = ("*", "**", "c", "[c]", "x", "[x]", "[u]", "[low]", ":", "..", "suppressed", "unknown", "not known")
    refuses: frozenset[str] = frozenset()

    def bears(self, tolerance: str) -> bool:
        return tolerance not in self.refuses


def read(said: Mapping[str, Any]) -> Reading:
    """The `reading` of a feed file."""
    words = {key: tuple(map(str, said[key])) for key in WORDS if key in said}
    return Reading(**words, refuses=frozenset(said.get("refuses", ())))
