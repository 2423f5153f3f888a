"""What a rule's query says of a delivery is put in its place when the delivery is judged (issue 14, point 5)."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from tests.contracts.judged import judged
from tests.made import csv_text, table
from vrn.feeds import breaches, yaml_file
from vrn.feeds.period import Period
from vrn.feeds.rules import Rule
from vrn.settings import REPOSITORY
from vrn.synthetic import deliveries

CRIME, TIIG = "police_crime", "tiig_ed_attendance"


def test_an_outcome_may_be_dated_on_the_day_of_the_extract_and_not_after_it(inbox):
    contract, period = inbox.contract(CRIME, "2019-05"), Period.month("2019-05")
    # The synthetic extract is cut on the fifth day after the month.
    assert "asat-2019-06-05" in deliveries.file_name(contract, period, "lancashire")
    rows = [row | {"outcome_date": ""} for row in table(deliveries.content(contract, period, inbox.places).decode())]
    rows[3]["outcome_date"], rows[7]["outcome_date"] = "2019-06-05", "2019-06-06"
    _, hits = judged(inbox, contract, period, csv_text(rows))
    assert [number for number, code in hits["crime"] if code == "POL-041"] == [9]


def test_where_a_files_name_has_no_extract_nothing_is_after_it(inbox):
    contract, period = inbox.contract(TIIG, "2020-05"), Period.month("2020-05")
    query = "select row_number from {batch} where arrival_date > ${extract}"
    rule = Rule("ED-999", "submission", "Never.", "unexpected_rows_expectation", {"unexpected_rows_query": query})
    entity = replace(contract.main, rules=(rule,))
    verdict, hits = judged(inbox, replace(contract, entities=(entity,)), period, inbox.text(TIIG, "2020-05"))
    assert [(outcome.is_success, outcome.is_judged) for outcome in verdict.outcomes] == [(True, True)]
    assert hits["attendance"] == set()


@pytest.mark.parametrize("name", ["extract", "entity.crime", "previous.crime"])
def test_what_stands_in_a_query_only_is_a_mistake_elsewhere_in_a_rule(name):
    path = REPOSITORY / "expectations" / f"{CRIME}.odcs.yaml"
    document = copy.deepcopy(yaml_file.parse(yaml_file.text(path), path.name))
    document["schema"][0]["quality"][0]["implementation"] = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "outcome_date", "max_value": "${" + name + "}"},
    }
    (found,) = breaches.found(document)
    assert f"has ${{{name}}}, which stands for nothing" in found
