"""Days of birth and of death are judged as a row is read, to the day, and only the verdict is stored (issue 14, point 5)."""

from __future__ import annotations

import copy

import pytest

from tests.contracts import census
from tests.contracts.judged import judged
from tests.made import Row, csv_text, file_name, table, unzip, zipped
from vrn.feeds import breaches, yaml_file
from vrn.feeds.period import Period
from vrn.settings import REPOSITORY
from vrn.synthetic import deliveries

YOT, QUARTER = "yot_caseload", "2019-20-Q4"
CLOSED = {"CINdetails": {"CINclosureDate": "2019-06-10", "ReasonForClosure": "RC7"}}


def caseload(inbox, offences: dict[str, tuple[str, str]]) -> bytes:
    """A quarter's caseload with an offence of a child of its own for each name: (date of birth, day of the offence)."""
    contract = inbox.contract(YOT, QUARTER)
    made = unzip(deliveries.content(contract, Period.parse(contract.kind, QUARTER), inbox.places))
    tables = {name: table(text) for name, text in made.items()}
    for name, (born, offended) in offences.items():
        tables["child.csv"].append(tables["child.csv"][0] | {"child_id": name, "pnc": "", "upn": "", "date_of_birth": born})
        tables["offence.csv"].append(
            tables["offence.csv"][0] | {"offence_id": name, "child_id": name.lower(), "offence_date": offended}
        )
    return zipped({name: csv_text(rows) for name, rows in tables.items()})


def test_an_age_at_another_tables_day_is_told_to_the_day(inbox):
    """A child that turned ten in the month of the offence was let through while only the month was judged."""
    offences = {
        "NINE": ("2009-12-15", "2019-12-14"),
        "TEN": ("2009-12-15", "2019-12-15"),
        "SEVENTEEN": ("2001-12-15", "2019-12-14"),
        "EIGHTEEN": ("2001-12-15", "2019-12-15"),
    }
    contract = inbox.contract(YOT, QUARTER)
    content = caseload(inbox, offences)
    _, hits = judged(inbox, contract, Period.parse(contract.kind, QUARTER), content)
    rows = table(unzip(content)["offence.csv"])
    found = {rows[number - 2]["offence_id"] for number, code in hits["offence"] if code == "YJ-001"}
    assert found & offences.keys() == {"NINE", "EIGHTEEN"}


def test_no_table_has_the_day_by_which_it_was_judged(inbox):
    inbox.drop(YOT, file_name(inbox.contract(YOT), QUARTER), caseload(inbox, {"NINE": ("2009-12-13", "2019-12-12")}))
    (row,) = inbox.take_in(YOT)
    assert row["status"] == "accepted"
    (kept,) = inbox.connection.execute("select is_under_10, is_from_18 from quarantine.yot_caseload__offence").fetchall()
    assert kept == {"is_under_10": True, "is_from_18": False}
    everything = str(inbox.tables())
    assert "2009-12-01" in everything
    assert "2009-12-13" not in everything


def test_a_day_that_nobody_gave_has_no_verdict(inbox):
    """A child that is not in its table, or has no date of birth, is found by rules of its own."""
    feed, year = "ssda903", "2019-20"
    contract = inbox.contract(feed, year)
    made = unzip(deliveries.content(contract, Period.parse(contract.kind, year), inbox.places))
    episodes: list[Row] = table(made["episodes.csv"])
    episodes[0] |= {"CHILD": "NOBODY1"}
    inbox.drop(feed, file_name(contract, year), zipped(made | {"episodes.csv": csv_text(episodes)}))
    inbox.take_in(feed)
    query = "select is_under_16, is_before_birth from quarantine.ssda903__episodes where row_number = 2"
    assert inbox.connection.execute(query).fetchall() == [{"is_under_16": None, "is_before_birth": None}]


@pytest.mark.parametrize(
    ("code", "change", "is_found"),
    [
        ("CIN-8606", {"ChildIdentifiers": {"PersonBirthDate": "2020-02-05"}}, False),
        ("CIN-8606", {"ChildIdentifiers": {"PersonBirthDate": "2020-02-06"}}, True),
        ("CIN-8775Q", {"ChildIdentifiers": {"PersonBirthDate": "1994-06-10"}} | CLOSED, False),
        ("CIN-8775Q", {"ChildIdentifiers": {"PersonBirthDate": "1994-06-09"}} | CLOSED, True),
        ("CIN-8915", {"ChildIdentifiers": {"PersonDeathDate": "2019-05-21"}}, False),
        ("CIN-8915", {"ChildIdentifiers": {"PersonDeathDate": "2019-05-20"}}, True),
    ],
)
def test_a_day_of_birth_or_death_in_a_census_is_judged_to_the_day(inbox, code, change, is_found):
    contract = inbox.contract("cin_census", "2019-20")
    content = census.text(census.HEADER, [census.child("C1", change)])
    verdict, _ = judged(inbox, contract, Period.parse(contract.kind, "2019-20"), content)
    assert (code in {outcome.rule.code for outcome in verdict.failed}) is is_found


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, "a column of the class verdict, and no other, says in customProperties its verdict"),
        ({"later": "period_end"}, "a verdict says one of after, before, differsFrom, ageUnder, ageFrom"),
        ({"after": "period_end", "before": "period_start"}, "a verdict says one of"),
        ({"ageUnder": 10}, "ageUnder is a number of years, beside either at (the day) or born"),
        ({"ageUnder": 10, "at": "period_end", "days": "3"}, "days is a number of days that is added to the other day"),
        ({"after": "offence_id"}, "'offence_id' is no date column that is kept in some form"),
        ({"after": "child.date_of_birth", "by": "child_id"}, "'child.date_of_birth' is no date column that is kept"),
        ({"after": "outcome.outcome_on", "by": "child_id"}, "'outcome.outcome_on' is of no entity that stands before"),
        ({"after": "child.birth_month"}, "by is a column of the class hash or keep that both entities have"),
    ],
)
def test_a_verdict_that_cannot_be_told_is_a_mistake_in_the_feed_file(said, told):
    path = REPOSITORY / "expectations" / f"{YOT}.odcs.yaml"
    document = copy.deepcopy(yaml_file.parse(yaml_file.text(path), path.name))
    offence = next(entity for entity in document["schema"] if entity["name"] == "offence")
    column = next(item for item in offence["properties"] if item["name"] == "is_under_10")
    column["customProperties"] = [] if said is None else [{"property": "verdict", "value": said}]
    (found,) = breaches.found(document)
    assert found.startswith(f"schema.offence.is_under_10: {told}")


def test_an_agreement_to_share_names_the_day_that_is_judged_and_not_the_verdict(inbox):
    fields = inbox.contract(YOT).fields
    assert {"offence.offence_on", "child.birth_month"} <= fields
    assert "offence.is_under_10" not in fields
    path = REPOSITORY / "expectations" / f"{YOT}.odcs.yaml"
    document = copy.deepcopy(yaml_file.parse(yaml_file.text(path), path.name))
    offence = next(entity for entity in document["schema"] if entity["name"] == "offence")
    next(item for item in offence["properties"] if item["name"] == "is_under_10")["physicalName"] = "hearing_date"
    (found,) = breaches.found(document)
    assert found.startswith("schema.offence.is_under_10: its day, hearing_date, is no other column's too")
