"""The gate asks a table seldom, and says what Great Expectations' own engine says (issue 17, point 1)."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import FEEDS
from tests.contracts.test_rules import BREAKS, MONTH, rewrite
from tests.properties import examples
from tests.small import CSVS
from tests.staged import NOMINALS, SUBMISSION, Ground
from tests.unit.test_gx import STREET, staged
from vrn.feeds import contract as contracts
from vrn.feeds.grammar import UNEXPECTED_ROWS_QUERY as QUERY
from vrn.gate import expectations, gx, listing, placing
from vrn.gate import judging as gate
from vrn.ledger import moves, states
from vrn.ledger import store as ledger
from vrn.ledger.store import Submission
from vrn.stage import raw
from vrn.warehouse.roles import LOADER

UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")


def sent(inbox, feed: str, *, broken: bool = True) -> tuple[Submission, contracts.Contract]:
    """A staged delivery: a good one, or one of which a row breaks each rule that a row can break."""
    contract = inbox.contract(feed, MONTH)
    breaks = dict(enumerate(BREAKS[feed].items(), start=5)) if broken else {}
    text = rewrite(inbox.text(feed, MONTH), lambda number, _: breaks[number][1] if number in breaks else {})
    return staged(inbox, feed, text), contract


def said(engine: sa.Engine, submission: Submission, contract: contracts.Contract) -> list[dict]:
    rules = [placing.placed(rule, contract.main, submission, contract, None) for rule in contract.main.rules]
    asked = listing.Listing(engine, contract.main, submission, rules)
    asked.begin()
    asking = gx.validator(engine, raw.RAW, raw.partition_name(contract.main, submission.submission_id), asked.answers)
    result = gx.validate(asking, contract.main.table, [expectations.of(rule) for rule in rules])
    return [item.to_json_dict() for item in result.results]


@pytest.mark.parametrize("broken", [True, False])
@pytest.mark.parametrize("feed", FEEDS)
def test_gxs_own_engine_says_the_same_of_every_rule(inbox, monkeypatch, feed, broken):
    gx.load()
    from vrn.gate.few_passes import FewPasses

    submission, contract = sent(inbox, feed, broken=broken)
    engine = sa.create_engine(inbox.settings.url(LOADER))
    try:
        seldom = said(engine, submission, contract)
        monkeypatch.delattr(FewPasses, "_process_direct_and_bundled_metric_computation_configurations")
        monkeypatch.delattr(FewPasses, "resolve_metric_bundle")
        often = said(engine, submission, contract)
    finally:
        engine.dispose()
    assert seldom == often
    assert not (broken and all(item["success"] for item in seldom))


def test_only_the_worker_that_began_last_with_a_delivery_lists_its_rows(inbox):
    submission, contract = sent(inbox, STREET)
    engine = sa.create_engine(inbox.settings.url(LOADER))
    rows = listing.Rows("select 1 as row_number, 'PSC-004' as rule_code")
    try:
        first = listing.Listing(engine, contract.main, submission, [])
        first.begin()
        moves.begin(inbox.connection, submission.submission_id, submission.seen)
        second = listing.Listing(engine, contract.main, ledger.get(inbox.connection, submission.submission_id), [])
        second.begin()
        assert (first._put(rows), second._put(rows)) == (0, 1)
        with pytest.raises(states.NotAllowed, match="not what the step began with"):
            first.begin()
    finally:
        engine.dispose()


def asked_by_the_gate(inbox, submission: Submission, contract: contracts.Contract, least: str = "8MB") -> list[str]:
    """The statements by which the gate reads the delivery's own table. least: from when on a table is large."""
    own = raw.partition_name(contract.main, submission.submission_id)
    engine = sa.create_engine(inbox.settings.url(LOADER), connect_args={"options": f"-c min_parallel_table_scan_size={least}"})
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *event: asked.append(event[2]))
    try:
        gate.judge(engine, submission, contract)
    finally:
        engine.dispose()
    of_own = [statement for statement in asked if f"raw.{own} " in f"{statement} " or f'"{own}"' in statement]
    return [statement for statement in of_own if "pg_relation_size" not in statement]


def test_a_table_is_read_twice_and_once_more_for_each_query_and_each_uniqueness(inbox):
    """Once for all that is counted, once to list: it was some twenty times for this feed."""
    submission, contract = sent(inbox, STREET)
    reading = asked_by_the_gate(inbox, submission, contract)
    kinds = Counter("query" if QUERY in rule.kwargs else rule.expectation in UNIQUE for rule in contract.main.rules)
    # What the sentence of a failed rule says more, and what it says too much, is asked afterwards.
    afterwards = [one for one in reading if one.startswith(("select says", "select column_name", "delete"))]
    assert len(reading) - len(afterwards) == 2 + kinds["query"] + kinds[True]


@pytest.mark.parametrize(("least", "ways"), [("0", {"create temporary table"}), ("8MB", {"insert into"})])
def test_rows_of_a_large_table_are_listed_by_what_postgresql_reads_in_parallel_for_and_of_a_small_one_at_once(inbox, least, ways):
    reading = asked_by_the_gate(inbox, *sent(inbox, STREET), least)
    adding = [one for one in reading if "rule_code" in one and "select" in one.lower() and not one.startswith("delete")]
    assert len(adding) == 4
    assert {way for way in ("create temporary table", "insert into") if any(one.startswith(way) for one in adding)} == ways


ROWS = st.lists(st.tuples(st.sampled_from("abc "), st.sampled_from("xy "), st.booleans()), max_size=12)


@pytest.mark.parametrize("hashed", ["as it is", "all alike"])
@settings(examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=ROWS)
def test_rows_repeat_that_agree_in_all_columns_and_are_blank_in_none(ground: Ground, monkeypatch, hashed, rows):
    """Whatever their hashes are, for two that differ may have the same one."""
    if hashed == "all alike":
        monkeypatch.setattr(listing, "_hash", lambda _: sa.literal_column("length('a')"))
    with ground.connection.transaction(force_rollback=True):
        ground.connection.execute("create temporary table said (row_number integer, a text, b text, c boolean) on commit drop")
        with ground.connection.cursor() as cursor:
            cursor.executemany(
                "insert into said values (%s, nullif(%s, ' '), nullif(%s, ' '), %s)",
                [(number, *row) for number, row in enumerate(rows)],
            )
        found = listing._rows_that_repeat(sa.table("said"), ["a", "b"], sa.column("c"))
        statement = str(found.compile(dialect=sa.dialects.postgresql.dialect(), compile_kwargs={"literal_binds": True}))
        numbers = {row["row_number"] for row in ground.connection.execute(statement.encode())}
    counted = Counter((a, b) for a, b, c in rows if c and " " not in (a, b))
    assert numbers == {number for number, (a, b, c) in enumerate(rows) if c and counted[a, b] > 1}


def test_what_repeats_is_found_without_a_table_of_groups_that_outgrows_memory(ground: Ground):
    with ground.connection.transaction(force_rollback=True):
        ground.connection.execute(
            "create temporary table said on commit drop as select number as row_number, md5(number::text) as a "
            "from generate_series(1, 20000) as number"
        )
        ground.connection.execute("analyze said")
        found = listing._rows_that_repeat(sa.table("said"), ["a"], sa.true())
        statement = str(found.compile(dialect=sa.dialects.postgresql.dialect(), compile_kwargs={"literal_binds": True}))
        plan = [row["QUERY PLAN"] for row in ground.connection.execute(f"explain {statement}".encode())]
    groups = [line for line in plan if "Aggregate" in line]
    assert groups
    assert not [line for line in groups if "HashAggregate" in line]


def test_what_is_staged_is_frozen_so_that_nobody_writes_its_pages_again(ground: Ground):
    entity = ground.protections[NOMINALS].contract.main
    ground.stage(NOMINALS, "a.csv", CSVS[NOMINALS])
    try:
        for table in (raw.partition(entity, SUBMISSION), raw.match_partition(entity, SUBMISSION)):
            found = ground.connection.execute(
                "select relpages, relallfrozen from pg_class where oid = %s::regclass", [table.as_string()]
            )
            pages = found.fetchone()
            assert pages["relpages"] == pages["relallfrozen"] > 0, table
    finally:
        raw.forget(ground.connection, NOMINALS, SUBMISSION)


def test_what_goes_into_a_table_of_the_same_transaction_is_not_written_into_the_log_beside(ground: Ground):
    with ground.connection.transaction(force_rollback=True):
        ground.connection.execute("create table raw.said (number integer)")
        told = ground.connection.execute(
            "explain (analyze, wal, format json) insert into raw.said select generate_series(1, 5000)"
        ).fetchone()
    assert told["QUERY PLAN"][0]["Plan"]["WAL Bytes"] == 0


def test_a_query_may_hold_what_a_driver_reads_as_the_name_of_a_value_and_a_row_twice(inbox):
    """A percent sign, and a colon. A row that breaks a rule in two ways is one row."""
    submission, contract = sent(inbox, STREET)
    own = raw.partition_name(contract.main, submission.submission_id)
    ends_in_2 = f"select row_number from raw.{own} where row_number::text like '%2' or '%(id)s :id' = ''"
    query = f"{ends_in_2} union all {ends_in_2}"
    rules = [SimpleNamespace(code=code, kwargs={QUERY: query}) for code in ("PSC-901", "PSC-902")]
    engine = sa.create_engine(inbox.settings.url(LOADER))
    try:
        asked = listing.Listing(engine, contract.main, submission, rules)
        asked.begin()
        count = asked._of_query(None, SimpleNamespace(metric_value_kwargs={QUERY: query}))
    finally:
        engine.dispose()
    hits = listing.hits_name(contract.main, submission.submission_id)
    listed = inbox.connection.execute(
        f"select rule_code, array_agg(row_number order by row_number) as rows from raw.{hits} group by 1 order by 1"
    ).fetchall()
    assert [row["rule_code"] for row in listed] == ["PSC-901", "PSC-902"]
    assert listed[0]["rows"] == listed[1]["rows"]
    assert {number % 10 for number in listed[0]["rows"]} == {2}
    assert count == len(listed[0]["rows"]) == len({*listed[0]["rows"]})
