"""Copies of warehouses that tests work in."""

import psycopg
import pytest

from tests.warehouses import copy_of


def test_a_copy_is_dropped_where_what_fills_it_skips(server, tmp_path, monkeypatch):
    """A fixture that skips for a file that is not here left its copy behind, and each later module of the worker failed."""
    with pytest.raises(pytest.skip.Exception), copy_of(server, tmp_path, monkeypatch, name="of_a_skip"):
        pytest.skip("the real file is not here")

    with psycopg.connect(server.conninfo("postgres", "postgres")) as connection:
        assert not connection.execute("select 1 from pg_database where datname like 'of_a_skip%'").fetchone()
