"""The header of a delivery against the columns of its contract.

A message names columns of the contract and positions in the file, never the header's own words: the first line of a
file without a header is somebody's data.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from vrn.errors import SubmissionRefused
from vrn.feeds.columns import Column

# What one column of a file fills: usually one column of the entity, sometimes several (a birth month and an age). A column without
# a heading fills none.
Filled = tuple[Column, ...]
# So many things are said one by one.
MOST_SAID = 3
CODE = "GEN-001"


def normalise(name: str) -> str:
    """A header cell as it is compared: without byte order mark, outer space, or case."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


def match(cells: Sequence[str], columns: Sequence[Column]) -> list[Filled]:
    """What each cell of the header fills, in the file's order. Raises SubmissionRefused."""
    names, filling = _filling(cells, columns)
    if (wrong := _wrong(names, filling, columns)) is not None:
        raise SubmissionRefused(CODE, wrong)
    return filling


def fits(cells: Sequence[str], columns: Sequence[Column]) -> bool:
    """Whether these cells are the contract's header."""
    return _wrong(*_filling(cells, columns), columns) is None


def known(cells: Sequence[str], columns: Sequence[Column]) -> int:
    """How many of the cells are headings of the contract."""
    return sum(bool(filling) for filling in _filling(cells, columns)[1])


def _filling(cells: Sequence[str], columns: Sequence[Column]) -> tuple[list[str], list[Filled]]:
    names = [normalise(cell) for cell in cells]
    of_name: dict[str, list[Column]] = {}
    for column in columns:
        for name in dict.fromkeys(map(normalise, column.source_names)):
            of_name.setdefault(name, []).append(column)
    return names, [(tuple(of_name.get(name, ())) or _dropped(name, columns)) if name else () for name in names]


def _dropped(name: str, columns: Sequence[Column]) -> Filled:
    """The column that stands for all headings of its pattern, of which nothing is stored."""
    return tuple(column for column in columns if column.headings and column.headings.search(name))


def _wrong(names: Sequence[str], filling: Sequence[Filled], columns: Sequence[Column]) -> str | None:
    """What is wrong with a header, in a sentence; None where it fits."""
    filled = [column for position in filling for column in position]
    missing = [column for column in columns if column not in filled and not column.is_optional]
    unknown = [position for position, fills in enumerate(filling, start=1) if names[position - 1] and not fills]
    repeated = [column for column in columns if filled.count(column) > 1 and not column.headings]
    if not (missing or unknown or repeated):
        return None
    parts = []
    for name in dict.fromkeys(column.source_names[0] for column in missing):
        close = [
            position for position in unknown if difflib.SequenceMatcher(None, names[position - 1], normalise(name)).ratio() > 0.6
        ]
        renamed = f" (column {close[0]} of the file looks like it, renamed)" if close else ""
        parts.append(f"the column '{name}' is missing{renamed}")
    if unknown:
        # First, because a column that nobody agreed to is worse than a column that is not there.
        are = "the heading of column {} is not one" if len(unknown) == 1 else "the headings of columns {} are not among those"
        parts.insert(0, f"{are.format(listed(unknown))} of the contract")
    parts += [f"the column '{name}' comes more than once" for name in dict.fromkeys(one.source_names[0] for one in repeated)]
    more = f"; and {len(parts) - MOST_SAID} more" if len(parts) > MOST_SAID else ""
    return (
        f"The header does not fit: {'; '.join(parts[:MOST_SAID])}{more}. Send the file with the agreed columns. If your export "
        "changed for good, tell the data team, and send nothing more until they have answered."
    )


def listed(numbers: Sequence[int]) -> str:
    """Numbers as a sentence says them, a few of them one by one."""
    more = f" and {len(numbers) - MOST_SAID:,} more" if len(numbers) > MOST_SAID else ""
    return f"{', '.join(f'{number:,}' for number in numbers[:MOST_SAID])}{more}"
