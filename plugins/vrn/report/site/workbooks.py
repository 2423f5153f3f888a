"""A table as a workbook of two sheets, About and Figures, in the formats of Excel and of LibreOffice.

Written here, because what libraries write has the day in it, and the same figures shall give the same bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

# A zip archive begins its time in 1980; every file in it gets that day.
DAY = (1980, 1, 1, 0, 0, 0)
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>\n'

Sheets = Sequence[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]


def write_xlsx(path: Path, about: Iterable[Sequence[str]], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Office Open XML. Numbers are numbers, the first row stays in view."""
    sheets: Sheets = (("About", ("name", "text"), about), ("Figures", columns, rows))
    parts = {
        "[Content_Types].xml": XLSX_TYPES,
        "_rels/.rels": XLSX_START,
        "xl/workbook.xml": XLSX_BOOK,
        "xl/_rels/workbook.xml.rels": XLSX_SHEETS,
    }
    for place, (_, head, body) in enumerate(sheets, start=1):
        lines = "".join(_xlsx_row(row) for row in (head, *body))
        parts[f"xl/worksheets/sheet{place}.xml"] = f"{XLSX_SHEET}<sheetData>{lines}</sheetData></worksheet>"
    _zipped(path, parts)


def write_ods(path: Path, about: Iterable[Sequence[str]], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """OpenDocument. Numbers are numbers, the first row is marked as headings."""
    sheets: Sheets = (("About", ("name", "text"), about), ("Figures", columns, rows))
    tables = "".join(
        f'<table:table table:name="{name}"><table:table-header-rows>{_ods_row(head)}</table:table-header-rows>'
        f"{''.join(map(_ods_row, body))}</table:table>"
        for name, head, body in sheets
    )
    content = f"{ODS_CONTENT}{tables}</office:spreadsheet></office:body></office:document-content>"
    _zipped(path, {"mimetype": ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": ODS_MANIFEST})


def _zipped(path: Path, parts: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            # OpenDocument's type comes first and uncompressed, so that a program can tell the file by its beginning.
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, DAY), text if how == zipfile.ZIP_STORED else DECLARED + text, how)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool)


def _xlsx_row(row: Sequence[Any]) -> str:
    cells = (
        "<c/>"
        if cell is None
        else f"<c><v>{cell}</v></c>"
        if _is_number(cell)
        else f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_clean(cell))}</t></is></c>'
        for cell in row
    )
    return f"<row>{''.join(cells)}</row>"


def _ods_row(row: Sequence[Any]) -> str:
    cells = (
        "<table:table-cell/>"
        if cell is None
        else f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
        if _is_number(cell)
        else f'<table:table-cell office:value-type="string"><text:p>{escape(_clean(cell))}</text:p></table:table-cell>'
        for cell in row
    )
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _clean(text: Any) -> str:
    """Without what XML cannot hold."""
    return "".join(letter for letter in str(text) if letter >= " " or letter in "\t\n")


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGED = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XLSX_TYPES = (
    f'<Types xmlns="{PACKAGED}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{OFFICE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{OFFICE}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{OFFICE}.worksheet+xml"/></Types>'
)
XLSX_START = (
    f'<Relationships xmlns="{PACKAGED}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
XLSX_BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets><sheet name="About" sheetId="1" r:id="rId1"/>'
    '<sheet name="Figures" sheetId="2" r:id="rId2"/></sheets></workbook>'
)
XLSX_SHEETS = (
    f'<Relationships xmlns="{PACKAGED}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATED}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{RELATED}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>'
)
XLSX_SHEET = (
    f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)
ODS = "urn:oasis:names:tc:opendocument:xmlns"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_CONTENT = (
    f'<office:document-content xmlns:office="{ODS}:office:1.0" xmlns:table="{ODS}:table:1.0" xmlns:text="{ODS}:text:1.0" '
    'office:version="1.3"><office:body><office:spreadsheet>'
)
ODS_MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{ODS}:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)
