"""What evaluators ask of publish: the figures of a day, and what changed between two releases (issue 15, B1)."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import errors

from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.roles import EVALUATOR

PAGE = (REPOSITORY / "docs" / "reading-figures.md").read_text(encoding="utf-8")


@pytest.fixture
def evaluator(built_server, home: Settings):
    """An evaluator's session."""
    with psycopg.connect(home.conninfo(EVALUATOR), autocommit=True) as connection:
        yield connection


def test_every_table_that_the_page_lists_can_be_read(evaluator):
    listed = set(re.findall(r"^\| `((?:marts|publish)\.\w+)`", PAGE, re.MULTILINE))
    assert len(listed) >= 8
    for name in listed:
        evaluator.execute(f"select * from {name} limit 1")


def test_what_evaluators_ask_of_publish_is_rounded_as_people_write_it(evaluator):
    """Issue 16, D: `round(value, 1)` failed of a day's figures and of what changed, for they were double precision."""
    evaluator.execute(
        "select round(value, 1), round(year_earlier_change_percent, 0) from publish.indicator_as_at('2020-08-25') limit 1"
    )
    columns = evaluator.execute(
        "select proname || '.' || name from pg_proc, unnest(proargnames, proallargtypes) as argument (name, type) "
        "where pronamespace = 'publish'::regnamespace and type in ('double precision'::regtype, 'real'::regtype)"
    )
    assert columns.fetchall() == []


def test_the_figures_of_today_are_those_of_the_mart(evaluator):
    asked, kept = "(select * from publish.indicator_as_at('9999-12-30'))", "(table marts.fct_indicator_value)"
    for one, other in ((asked, kept), (kept, asked)):
        assert evaluator.execute(f"{one} except all {other}").fetchall() == []
    assert evaluator.execute("select count(*) > 10000 from marts.fct_indicator_value").fetchone() == (True,)


@pytest.mark.parametrize(
    ("query", "error", "sentence"),
    [
        ("publish.indicator_as_at(null)", errors.NullValueNotAllowed, "was not given the day"),
        ("publish.indicator_as_at('2020-08-25', array['V06', 'V99'])", errors.InvalidParameterValue, "the indicator 'V99'."),
        ("publish.indicator_as_at('2020-08-25', array[null])", errors.InvalidParameterValue, "the indicator NULL."),
        ("publish.release_changes(null, 'x')", errors.NullValueNotAllowed, "was not given the earlier release"),
        ("publish.release_changes('x', null)", errors.NullValueNotAllowed, "was not given the later release"),
        ("publish.release_changes('nobody', 'knows')", errors.InvalidParameterValue, "the release 'knows', 'nobody'."),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence_that_says_where_to_look(evaluator, query, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)) as caught:
        evaluator.execute(f"select * from {query}")
    assert caught.value.diag.message_hint
