"""The link from a gate to its Data Docs. A module of its own, because the DAG reads it whenever it is parsed."""

from __future__ import annotations

from airflow.sdk import BaseOperatorLink

PREFIX = "/data-docs"


class DataDocsLink(BaseOperatorLink):
    """The button on a gate's page; it leads to the pages of its feed, the newest first."""

    name = "Data Docs"

    def get_link(self, operator, *, ti_key) -> str:
        return f"{PREFIX}/{ti_key.dag_id.removeprefix('ingest__')}/"
