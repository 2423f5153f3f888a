"""What tasks import, imported before the scheduler's executor forks them: Great Expectations, dbt, the DAG files' own imports and
the library take seconds, and a forked task has them at no cost."""

from __future__ import annotations


def load() -> None:
    import pyarrow.csv  # noqa: F401
    from airflow.configuration import conf
    from airflow.dag_processing.dagbag import DagBag

    from vrn.build import steps as build  # noqa: F401
    from vrn.build.linkage import persons  # noqa: F401
    from vrn.gate import data_docs, gx
    from vrn.run import ingest  # noqa: F401

    gx.load()
    # The templates would otherwise be compiled anew in each task that judges.
    data_docs.load()
    DagBag(conf.get("core", "dags_folder"))
