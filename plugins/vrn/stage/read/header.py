"""The header of a delivery against the columns of its contract.

A message names columns of the contract and positions in the file, never the header's own words: the first line of a
file without a header is somebody's data.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Column

# What one column of a file fills: usually one column of the entity, sometimes several (a birth month and an age).
Filled = tuple[Column, ...]


def normalise(name: str) -> str:
    """A header cell as it is compared: without byte order mark, outer space, or case."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


def match(cells: Sequence[str], columns: Sequence[Column]) -> list[Filled]:
    """What each cell of the header fills, in the file's order. Raises SubmissionRefused."""
    names = [normalise(cell) for cell in cells]
    found = [tuple(column for column in columns if name in map(normalise, column.source_names)) for name in names]
    filled = [column for position in found for column in position]
    missing = [column for column in columns if column not in filled and not column.is_optional]
    unknown = [position for position, filling in enumerate(found, start=1) if not filling]
    repeated = [column for column in columns if filled.count(column) > 1]
    if missing or unknown or repeated:
        raise SubmissionRefused("GEN-001", _sentence(names, missing, unknown, repeated))
    return found


def _sentence(names: Sequence[str], missing: list[Column], unknown: list[int], repeated: list[Column]) -> str:
    parts = []
    for name in dict.fromkeys(column.source_names[0] for column in missing):
        close = [
            position for position in unknown if difflib.SequenceMatcher(None, names[position - 1], normalise(name)).ratio() > 0.6
        ]
        renamed = f" (column {close[0]} of the file looks like it, renamed)" if close else ""
        parts.append(f"the column '{name}' is missing{renamed}")
    if unknown:
        parts.append(f"the file's column(s) {', '.join(map(str, unknown))} are not in the contract")
    repeats = dict.fromkeys(column.source_names[0] for column in repeated)
    parts += [f"the column '{name}' comes more than once" for name in repeats]
    return (
        f"The header does not fit: {'; '.join(parts)}. Send the file with the agreed columns, or agree a change and "
        "write it into the feed file."
    )
