"""Postcodes to LSOAs, by the home's postcode directory (ONS Postcode Directory, OGL v3.0).

The directory is a CSV with the ONSPD's own column names, whatever their case: pcds, and lsoa11 or lsoa21, since 2024 with `cd` at
their end. Terminated postcodes are in it too,
so that an address of last year still has its LSOA. `make run` writes one of made-up postcodes beside synthetic deliveries.
"""

from __future__ import annotations

import csv
import functools
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vrn.errors import HomeError
from vrn.settings import Settings

POSTCODE_COLUMNS = ("pcds", "pcd", "pcd2", "pcd7", "pcd8", "postcode")
LSOA_COLUMNS = ("lsoa11", "lsoa21", "lsoa11cd", "lsoa21cd")
# Of a header that has other columns so many are named.
MOST_NAMED = 12


class Postcodes:
    """Looks up LSOAs; a postcode that is not in the directory has none."""

    def __init__(self, lsoas: dict[str, str]):
        self._lsoas = lsoas

    @classmethod
    def of(cls, settings: Settings) -> Postcodes:
        path = settings.postcode_directory
        if not path.exists():
            raise HomeError(
                f"The postcode directory {path} is not there. Put the ONS Postcode Directory's CSV (columns pcds, lsoa11 or "
                "lsoa21; free from the ONS) in its place and clear the task; nothing was read."
            )
        return cls(_read(path, path.stat().st_mtime_ns))

    def lsoa(self, values: pa.Array) -> pa.Array:
        encoded = pc.dictionary_encode(values)
        found = [self._lsoas.get(canonical(text)) if text else None for text in encoded.dictionary.to_pylist()]
        return pc.take(pa.array(found, pa.string()), encoded.indices)


def canonical(text: str) -> str:
    """A postcode in capitals without spaces."""
    return re.sub(r"\s", "", text).upper()


@functools.lru_cache(maxsize=1)
def _read(path: Path, changed_at: int) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        by_name = {name.strip().lower(): name for name in rows.fieldnames or () if name}
        postcode, lsoa = (next((by_name[one] for one in of if one in by_name), None) for of in (POSTCODE_COLUMNS, LSOA_COLUMNS))
        if postcode is None or lsoa is None:
            found = ", ".join(list(by_name)[:MOST_NAMED]) or "none"
            raise HomeError(
                f"The postcode directory {path} needs the columns pcds and lsoa11 or lsoa21 (or lsoa11cd, lsoa21cd), as the "
                f"ONSPD has them; it has {found}. Put the ONSPD's own CSV in its place and clear the task; "
                "only feeds with postcodes wait."
            )
        return {canonical(row[postcode] or ""): row[lsoa] for row in rows}
