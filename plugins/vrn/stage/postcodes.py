"""Postcodes to LSOAs, by the home's postcode directory (ONS Postcode Directory, OGL v3.0).

The directory is a CSV with the ONSPD's own column names: pcds, and lsoa11 or lsoa21. Terminated postcodes are in it too,
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

LSOA_COLUMNS = ("lsoa11", "lsoa21")


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
        column = next((name for name in LSOA_COLUMNS if name in (rows.fieldnames or ())), None)
        if column is None or "pcds" not in rows.fieldnames:
            raise HomeError(f"The postcode directory {path} needs the columns pcds and lsoa11 or lsoa21, as the ONSPD has them.")
        return {canonical(row["pcds"]): row[column] for row in rows}
