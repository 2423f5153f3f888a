"""What has the feeds' DAGs read again: a feed file that comes, changes or goes, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from airflow.models.dagbag import DagPriorityParsingRequest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from vrn.run import dag_bundle
from vrn.run.dag_bundle import DagsOfFeeds
from vrn.settings import REPOSITORY


@pytest.fixture
def contracts(tmp_path, monkeypatch):
    monkeypatch.setenv("VRN_CONTRACTS", str(tmp_path))
    (tmp_path / "one.odcs.yaml").write_text("id: one\n")
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """What was asked for since the last time, of a database with Airflow's own table of requests."""
    engine = create_engine("sqlite://")
    DagPriorityParsingRequest.__table__.create(engine)

    @contextmanager
    def session() -> Iterator[Session]:
        with Session(engine) as one, one.begin():
            yield one

    def take() -> list[tuple[str, str]]:
        with session() as one:
            found = one.scalars(select(DagPriorityParsingRequest)).all()
            taken = [(request.bundle_name, request.relative_fileloc) for request in found]
            for request in found:
                one.delete(request)
        return taken

    monkeypatch.setattr(dag_bundle, "create_session", session)
    return take


def test_a_feed_file_that_comes_changes_or_goes_has_the_feeds_dags_read_again(contracts, asked):
    bundle = DagsOfFeeds(name="dags-folder", path=str(REPOSITORY / "dags"))
    bundle.refresh()
    bundle.refresh()
    assert asked() == []
    another = contracts / "another.odcs.yaml"
    for change in (
        lambda: another.write_text("id: another\n"),
        lambda: os.utime(another, ns=(1, 1)),
        another.unlink,
    ):
        change()
        bundle.refresh()
        assert sorted(asked()) == [("dags-folder", "feed_files.py"), ("dags-folder", "ingest.py")]
        bundle.refresh()
        assert asked() == []


def test_the_files_that_are_read_again_are_there():
    assert all((REPOSITORY / "dags" / name).is_file() for name in dag_bundle.READERS_OF_FEED_FILES)
