"""Templates of returns that people fill in: a CSV and a workbook for each feed that takes a workbook, from its feed file.

The workbook's first sheet is the table (the header, with drop-downs for codes), its second says what each column means.
"""

from __future__ import annotations

import csv
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from vrn.feeds import catalogue
from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity
from vrn.feeds.reading import GUIDE_SHEET
from vrn.settings import Settings

# Rows below the header that get the drop-downs.
ROWS = 500
# Excel takes no longer list than this in a cell's validation.
LONGEST_LIST = 255
WIDTH = 22


def write_all(settings: Settings) -> list[Path]:
    """Write the templates into the home's folder templates/. Returns the files."""
    folder = settings.home / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for contract in catalogue.sound(settings.contracts):
        # Nobody fills in a workbook that a publisher makes: its table stands on a sheet of its own.
        if "xlsx" in contract.file_name.pattern and contract.main.sheet is None:
            written += [_csv(contract, folder), _workbook(contract, folder)]
    return written


def _csv(contract: Contract, folder: Path) -> Path:
    path = folder / f"{contract.feed}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(_headings(contract.main))
    return path


def _workbook(contract: Contract, folder: Path) -> Path:
    path, entity = folder / f"{contract.feed}.xlsx", contract.main
    book = Workbook()
    table = book.active
    table.title = entity.name[:31]
    headings = _headings(entity)
    table.append(headings)
    table.freeze_panes = "A2"
    for place, column in enumerate(_columns(entity), start=1):
        letter = get_column_letter(place)
        table[f"{letter}1"].font = Font(bold=True)
        table.column_dimensions[letter].width = max(WIDTH, len(headings[place - 1]) + 2)
        choices = ",".join(column.codes)
        if choices and len(choices) < LONGEST_LIST:
            validation = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
            validation.add(f"{letter}2:{letter}{ROWS}")
            table.add_data_validation(validation)
    guide = book.create_sheet(GUIDE_SHEET)
    guide.append(["Column", "What it is", "Form", "Codes"])
    for column in _columns(entity):
        codes = "; ".join(f"{code}: {column.labels[code]}" if code in column.labels else code for code in column.codes)
        guide.append([column.source_names[0], column.description, column.form or column.logical_type, codes])
    guide.append([])
    guide.append(["Save as", contract.file_name_example])
    for letter, width in (("A", 26), ("B", 90), ("C", 14), ("D", 80)):
        guide.column_dimensions[letter].width = width
    book.save(path)
    return path


def _columns(entity: Entity) -> list[Column]:
    seen: dict[str, Column] = {}
    for column in entity.columns:
        # Nobody who fills a template in has columns that are dropped by a pattern.
        if column.headings:
            continue
        seen.setdefault(column.source_names[0], column)
    return list(seen.values())


def _headings(entity: Entity) -> list[str]:
    return [column.source_names[0] for column in _columns(entity)]
