"""No DAG: Airflow's import error about the feed files that cannot be read, each with its line and what to do.

A file that raises loses all of its DAGs, and ingest.py makes those of every feed. So that file leaves out what it cannot read,
and this one says so, under Dag Import Errors, until the feed file is mended.
"""

from __future__ import annotations

from vrn.errors import ContractError
from vrn.feeds import shown as feeds
from vrn.settings import Settings

if _broken := feeds.broken(Settings().contracts):
    raise ContractError("\n\n".join(map(str, _broken)) + "\n\nOnly these feeds are without a DAG; `make check` says the same.")
