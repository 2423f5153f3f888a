"""What the database refuses as data refuses the delivery, in a sentence without the value (issue 13, point 4)."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa

from tests.small import CSVS
from tests.staged import GRANTS, Ground
from vrn.errors import SubmissionRefused
from vrn.stage import raw
from vrn.stage.refusals import refusal_of

# What raises it, and words of the sentence.
DATA = {
    "select 'Zzyzx'::integer": "not of its column's type",
    "select '0000-01-01'::date": "outside of the calendar",
    "select '1 Zzyzx'::date": "not in a form that can be read",
    "select 99999999999::bigint::integer": "greater than can be stored",
    "select 1 / (length('Zzyzx') - 5)": "divides by zero",
    "select convert_from('\\x5a7a79007a78', 'utf8')": "character that cannot be stored",
    "select regexp_replace('Zzyzx', '(', '')": "cannot be stored in its column",
}


@pytest.mark.parametrize("query", DATA)
def test_a_value_that_the_database_refuses_is_told_by_what_is_wrong_with_it_and_never_quoted(ground: Ground, query):
    with pytest.raises(psycopg.DataError) as caught:
        ground.connection.execute(query)
    refusal = refusal_of(caught.value)
    assert refusal.rule_code == "GEN-022"
    assert any(words in refusal.message for words in DATA[query].split("|")), refusal.message
    assert caught.value.sqlstate in refusal.message
    assert "Zzyzx" not in refusal.message
    # As a tool hands it on that speaks to the database by way of SQLAlchemy.
    assert refusal_of(sa.exc.DataError(query, {}, caught.value)).message == refusal.message


def test_a_value_that_never_comes_to_the_database_counts_too(ground: Ground):
    with pytest.raises(psycopg.DataError) as caught:
        ground.connection.execute("select %s::text", ["a\0b"])
    assert "cannot be stored" in refusal_of(caught.value).message


@pytest.mark.parametrize("query", ["select 1 from nowhere", "select pg_sleep(1)", "selekt"])
def test_what_is_no_fault_of_the_data_refuses_nothing(ground: Ground, query):
    with ground.connection.transaction(force_rollback=True):
        ground.connection.execute("set local statement_timeout = '1ms'")
        with pytest.raises(psycopg.Error) as caught:
            ground.connection.execute(query)
    assert refusal_of(caught.value) is None
    assert refusal_of(ValueError("Zzyzx")) is None


@pytest.mark.parametrize("narrow", ["varchar(3)", "integer"])
def test_staging_refuses_what_copy_cannot_take_by_the_name_of_our_column(ground: Ground, narrow):
    """No reader lets such a value by today, so that the table is made narrower than the contract."""
    contract = ground.protections[GRANTS].contract
    raw.ensure_tables(ground.connection, contract)
    with ground.connection.transaction(force_rollback=True):
        ground.connection.execute(f"alter table raw.programme_grants__grant alter organisation type {narrow} using null")
        refusal = ground.take(GRANTS, "a.csv", CSVS[GRANTS])
    assert isinstance(refusal, SubmissionRefused)
    assert "column 'organisation'" in refusal.message
    assert "Organisation 0" not in refusal.message
    assert ground.take(GRANTS, "a.csv", CSVS[GRANTS]) > 1
