"""The records that are linked, in a DuckDB of this process that can reach nothing outside it."""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa

from vrn.stage.match_codes import ARRAYS, CODES

# Hospital injury records have age, sex and area only: many people share them, so they are never linked.
NEVER_LINKED = "tiig"
IDENTIFIERS = ("nhs", "upn", "pnc")
# Nothing is fetched or written: no extension of the network, no file, not even what does not fit into memory.
SETTINGS = {
    "threads": "2",
    "memory_limit": "3GB",
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
LOCK = "set enable_external_access = false; set lock_configuration = true"
# Codes are 128 bits written as hexadecimal digits; as UUIDs they take half the room. Names can be in each other's place and
# a day can be a month, so blocks compare either name and either date.
RECORDS = f"""
create table records as
select
    given.* replace ({", ".join(f"{code}::uuid{'[]' if code in ARRAYS else ''} as {code}" for code in CODES)}),
    md5(least(surname_exact || forename_exact, forename_exact || surname_exact))::uuid as whole_name,
    md5(least(surname_phonetic || forename_phonetic, forename_phonetic || surname_phonetic))::uuid as whole_sound,
    [code::uuid for code in [surname_phonetic, forename_phonetic] if code is not null] as sounds,
    [code::uuid for code in [dob_exact, dob_swapped] if code is not null] as births,
    [code::uuid for code in [dob_day_month, dob_month_year, dob_day_year] if code is not null] as birth_parts
from given
"""


def of(records: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """A database with the table `records`: those that may be linked, numbered by their place (unique_id)."""
    places = [place for place, source in enumerate(records["source"]) if not str(source).lower().startswith(NEVER_LINKED)]
    linkable = records.iloc[places]

    def column(name: str) -> pa.Array:
        values = linkable[name].tolist() if name in linkable else [None] * len(places)
        # None and NaN are both how a frame says that there is nothing.
        return pa.array(values, pa.list_(pa.string()) if name in ARRAYS else pa.string(), from_pandas=True)

    given = {name: column(name) for name in ("source", "sex", *IDENTIFIERS, *CODES)}
    given["upn"] = pa.array(_current(given["upn"].to_pylist(), column("former_upn").to_pylist()), pa.string())
    connection = duckdb.connect(":memory:", config=SETTINGS)
    connection.execute(LOCK)
    connection.register("given", pa.table({"unique_id": pa.array(places, pa.int32()), **given}))
    connection.execute(RECORDS)
    connection.unregister("given")
    return connection


def _current(now: list, before: list) -> list:
    """UPNs so that a UPN and the one it replaced, as any record says, are the same."""
    parent: dict[str, str] = {}

    def root(upn: str) -> str:
        while parent.setdefault(upn, upn) != upn:
            upn = parent[upn]
        return upn

    for upn, former in zip(now, before, strict=True):
        if upn and former:
            one, other = sorted((root(upn), root(former)))
            parent[other] = one
    return [root(upn or former) if upn or former else None for upn, former in zip(now, before, strict=True)]
