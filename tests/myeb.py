"""The workbook in which the ONS publishes its time series of populations (myebtablesenglandwales2011….xlsx), made small."""

from __future__ import annotations

import io
from collections.abc import Callable

from openpyxl import Workbook

DISTRICTS = ("E06000008", "E06000009", *(f"E07000{number}" for number in range(117, 129)))
ELSEWHERE = "E08000003"
AGES = range(91)
Cell = Callable[[str, str, int, int], int | None]


def residents(district: str, sex: str, age: int, year: int) -> int:
    """As many of each sex and age in every district, one more each year."""
    return 500 + year - 2011


def workbook(
    last: int,
    cell: Cell = residents,
    *,
    districts: tuple[str | None, ...] = DISTRICTS,
    sexes: tuple[str, ...] = ("F", "M"),
    ages: range = AGES,
    sheets: tuple[str, ...] = ("MYEB1",),
) -> bytes:
    """A cover, the sheets of estimates from mid-2011 to mid-`last` with a title above the header, and a sheet of components."""
    years = range(2011, last + 1)
    book = Workbook(write_only=True)
    book.create_sheet("Cover sheet").append(["Estimates of the population for England and Wales"])
    for name in sheets:
        sheet = book.create_sheet(name)
        sheet.append([f"{name}: Detailed population estimates, mid-2011 to mid-{last}"])
        sheet.append(["ladcode23", "laname23", "country", "sex", "age", *(f"population_{year}" for year in years)])
        for district in (*districts, ELSEWHERE):
            for sex in sexes:
                for age in ages:
                    sheet.append([district, "A district", "E", sex, age, *(cell(district, sex, age, year) for year in years)])
    components = book.create_sheet("MYEB2")
    components.append(["MYEB2: Components of change"])
    components.append(["ladcode23", "births_2012", "deaths_2012"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
