"""Every query that a page of docs shows runs as the role that the page names (issue 15, B1)."""

from __future__ import annotations

import re

import psycopg
import pytest

from vrn.build.linkage import persons
from vrn.settings import REPOSITORY

# The pages with queries of the warehouse, by the words with which each names its reader.
READERS = {
    "reading-figures.md": "make psql ROLE=vrn_evaluator",
    "audit.md": "make psql ROLE=vrn_ig",
    "linkage.md": "make -s psql ROLE=vrn_linker",
}
# Pages whose blocks are models to write, or the macro that a warehouse on Citus would have, which the page says was not tried.
OTHERS = {"adding-a-feed.md", "adding-an-indicator.md", "growing.md"}


def text(page: str) -> str:
    return (REPOSITORY / "docs" / page).read_text(encoding="utf-8")


def queries(page: str) -> list[str]:
    blocks = re.findall(r"^```sql\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)
    return [query for block in blocks for query in re.sub(r"--.*", "", block).split(";") if query.strip()]


def test_no_page_has_queries_that_nobody_runs():
    having = {path.name for path in (REPOSITORY / "docs").glob("*.md") if queries(path.name)}
    assert having == READERS.keys() | OTHERS


@pytest.mark.parametrize("page", READERS)
def test_every_query_of_a_page_runs_as_the_role_that_the_page_names(built_server, home, owner, page):
    assert READERS[page] in text(page)
    persons.ensure_table(home)
    # The releases that a page compares.
    for release in {one for pair in re.findall(r"release_changes\('([^']+)', '([^']+)'\)", text(page)) for one in pair}:
        owner.execute(
            "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values (%s, 'x', 'x', 'x', true)",
            [release],
        )
    with psycopg.connect(home.conninfo(READERS[page].partition("ROLE=")[2]), autocommit=True) as reader:
        for query in queries(page):
            reader.execute(query).fetchall()
    assert len(queries(page)) >= 2
