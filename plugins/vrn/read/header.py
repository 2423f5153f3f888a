"""The header of a delivery against the columns of its contract.

A message names columns of the contract and positions in the file, never the header's own words: the first line of a
file without a header is somebody's data.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from vrn.contract import Column
from vrn.errors import SubmissionRefused


def normalise(name: str) -> str:
    """A header cell as it is compared: without byte order mark, outer space, or case."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


def match(cells: Sequence[str], columns: Sequence[Column]) -> list[Column]:
    """The contract's column for each cell of the header, in the file's order. Raises SubmissionRefused."""
    known = {normalise(name): column for column in columns for name in column.source_names}
    found = [known.get(normalise(cell)) for cell in cells]
    missing = [column for column in columns if column not in found]
    unknown = [position for position, column in enumerate(found, start=1) if column is None]
    repeated = [column.source_names[0] for column in columns if found.count(column) > 1]
    if missing or unknown or repeated:
        raise SubmissionRefused("GEN-001", _sentence(cells, missing, unknown, repeated))
    return [column for column in found if column is not None]


def _sentence(cells: Sequence[str], missing: list[Column], unknown: list[int], repeated: list[str]) -> str:
    parts = []
    for column in missing:
        name = column.source_names[0]
        close = [
            position
            for position in unknown
            if difflib.SequenceMatcher(None, normalise(cells[position - 1]), normalise(name)).ratio() > 0.6
        ]
        renamed = f" (column {close[0]} of the file looks like it, renamed)" if close else ""
        parts.append(f"the column '{name}' is missing{renamed}")
    if unknown:
        parts.append(f"the file's column(s) {', '.join(map(str, unknown))} are not in the contract")
    parts += [f"the column '{name}' comes more than once" for name in repeated]
    return (
        f"The header does not fit: {'; '.join(parts)}. Send the file with the agreed columns, or agree a change and "
        "write it into the feed file."
    )
