"""The grammar of feed files: what is wrong in one is said with the place where it stands."""

from __future__ import annotations

import copy
import re
from contextlib import suppress
from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import tests.properties  # noqa: F401  how much is tried
from vrn.errors import ContractError
from vrn.feeds import breaches
from vrn.feeds import contract as contracts
from vrn.feeds.document import apply_changes
from vrn.feeds.period import Period
from vrn.settings import REPOSITORY

FEED_FILES = sorted((REPOSITORY / "expectations").glob("*.odcs.yaml"))


@pytest.fixture
def document() -> dict:
    return yaml.safe_load((REPOSITORY / "expectations" / "police_stop_search.odcs.yaml").read_text(encoding="utf-8"))


def says(pattern: str, document: dict) -> bool:
    """Whether one of the breaches of a feed file reads like the pattern."""
    return any(re.search(pattern, breach) for breach in breaches.found(document))


@pytest.mark.parametrize("path", FEED_FILES, ids=lambda path: path.name)
def test_every_feed_file_is_a_valid_contract(path):
    assert contracts.load(path, Period.month("2020-03")).main.columns


def test_a_key_the_standard_does_not_know_is_named(document):
    document["schema"][0]["properties"][2]["clasification"] = "keep"
    assert says("clasification", document)


def test_a_feed_says_its_transport_and_its_airflow_connection(document):
    server = document["servers"][0]
    said = [
        *server["customProperties"],
        {"property": "transport", "value": "http"},
        {"property": "connection", "value": "police_uk"},
    ]
    server |= {"type": "custom", "customProperties": [*said, {"property": "remoteFiles", "value": ["{month}/street.csv"]}]}
    assert breaches.found(document) == []
    server["customProperties"] = said
    assert says("remoteFiles", document)


def test_a_column_without_a_privacy_class_is_refused(document):
    del document["schema"][0]["properties"][1]["classification"]
    assert says(r"searched_at: classification is missing", document)


@pytest.mark.parametrize("path", FEED_FILES, ids=lambda path: path.name)
def test_a_column_whose_texts_a_pattern_judges_has_an_example_that_make_check_tries(path):
    """Issue 14, point 10: a pattern that fits nothing sets every row aside, and is found when it is written."""
    contract = contracts.load(path, Period.month("2020-03"))
    for entity in contract.entities:
        for rule in entity.rules:
            if rule.expectation == "expect_column_values_to_match_regex":
                assert entity.column(rule.kwargs["column"]).examples, f"{entity.name}.{rule.kwargs['column']} ({rule.code})"


@pytest.mark.parametrize(
    ("demo", "told"),
    [
        ("2019-04", r"synthetic\.demo: says from and until"),
        ({"from": "2019-04"}, r"synthetic\.demo: says from and until"),
        ({"from": "2018-03", "until": "2020-03"}, r"synthetic\.demo: lies within 2018-04 and 2020-06"),
        ({"from": "2020-03", "until": "2019-04"}, r"synthetic\.demo: .*from comes first"),
    ],
)
def test_the_demonstration_of_a_feed_lies_within_its_synthetic_deliveries(document, demo, told):
    filled = next(one for one in document["schema"][0]["customProperties"] if one["property"] == "synthetic")
    filled["value"]["demo"] = {"from": "2019-04", "until": "2020-03"}
    assert breaches.found(document) == []
    filled["value"]["demo"] = demo
    assert says(told, document)


def test_a_rule_that_looks_at_a_column_that_is_not_there_is_refused(document):
    document["schema"][0]["quality"][1]["implementation"]["kwargs"]["column"] = "agerange"
    assert says("looks at column 'agerange'", document)


def test_a_rule_with_an_unknown_outcome_is_refused(document):
    document["schema"][0]["quality"][0]["severity"] = "error"
    assert says("severity 'error'", document)


def test_a_rule_code_used_twice_is_refused(document):
    rules = document["schema"][0]["quality"]
    rules[1]["name"] = rules[0]["name"]
    assert says("used twice", document)


def test_a_rule_code_of_those_that_every_feed_has_is_refused(document):
    document["schema"][0]["quality"][1]["name"] = "GEN-018"
    assert says("the rule code GEN-018 begins with GEN-", document)


def test_a_change_holds_from_its_month_to_its_last_and_no_longer(document):
    document["customProperties"] = [
        {
            "property": "changes",
            "value": [{"from": "2019-04", "until": "2019-06", "why": "a trial", "at": "search.gender.enum", "add": ["Unknown"]}],
        }
    ]

    def codes(month):
        changed = apply_changes(document, Period.month(month), "feed")
        gender = next(column for column in changed["schema"][0]["properties"] if column["name"] == "gender")
        return {entry["value"] for entry in gender["enum"]}

    before = copy.deepcopy(document)
    assert "Unknown" not in codes("2019-03")
    assert "Unknown" in codes("2019-04")
    assert "Unknown" in codes("2019-06")
    assert "Unknown" not in codes("2019-07")
    assert document == before


def test_a_change_that_points_to_nothing_is_refused(document):
    document["customProperties"] = [
        {"property": "changes", "value": [{"from": "2019-04", "why": "?", "at": "search.nowhere.enum", "add": ["x"]}]}
    ]
    with pytest.raises(ContractError, match="points to nothing"):
        apply_changes(document, Period.month("2020-01"), "feed")


def test_a_leap_month_ends_on_its_29th_and_local_midnight_knows_summer_time():
    assert Period.month("2020-02").end == date(2020, 2, 29)
    assert Period.month("2020-06").placeholders()["period_start_at"] == "2020-06-01T00:00:00+01:00"
    assert Period.month("2020-12").placeholders()["next_period_start_at"] == "2021-01-01T00:00:00+00:00"


def test_the_shares_of_a_feed_are_its_own_and_the_rest_are_the_usual_ones(tmp_path, document):
    """Issue 13, point 13: what a feed file leaves out of `shares` stays as it is for every feed."""
    usual = _loaded(tmp_path, document).shares
    assert (usual.hold_set_aside, usual.refuse_set_aside, usual.hold_replace, usual.least_rows) == (0.1, 0.5, 0.8, None)
    document["customProperties"].append({"property": "shares", "value": {"holdSetAside": 0.02, "leastRows": 100}})
    own = _loaded(tmp_path, document).shares
    assert (own.hold_set_aside, own.refuse_set_aside, own.hold_replace, own.least_rows) == (0.02, 0.5, 0.8, 100)


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        (0.1, r"customProperties\.shares: says some of holdSetAside"),
        ({"holdSetaside": 0.1}, r"customProperties\.shares: says some of holdSetAside"),
        ({"holdReplace": 80}, r"customProperties\.shares\.holdReplace: is a share"),
        ({"leastRows": 0.5}, r"customProperties\.shares\.leastRows: is a whole number"),
        ({"holdSetAside": 0.6}, r"customProperties\.shares: a delivery is held before it is refused"),
    ],
)
def test_shares_that_mean_nothing_are_refused(document, shares, told):
    document["customProperties"].append({"property": "shares", "value": shares})
    assert says(told, document)


def test_a_feed_file_may_say_how_one_knows_that_a_file_is_whole(tmp_path, document):
    assert _loaded(tmp_path, document).whole == {}
    document["servers"][0]["customProperties"].append({"property": "whole", "value": {"marker": ".done"}})
    assert _loaded(tmp_path, document).whole == {"marker": ".done"}


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        (".done", r"customProperties\.whole: says marker or unfinished, with a suffix"),
        ({"suffix": ".done"}, r"customProperties\.whole: says marker or unfinished, with a suffix"),
        ({"marker": ".done", "unfinished": ".up"}, r"customProperties\.whole: says marker or unfinished"),
        ({"marker": "done"}, r"customProperties\.whole: the suffix begins with a dot"),
        ({"marker": "./x"}, r"customProperties\.whole: the suffix begins with a dot"),
    ],
)
def test_what_says_nothing_about_a_whole_file_is_refused(document, whole, told):
    document["servers"][0]["customProperties"].append({"property": "whole", "value": whole})
    assert says(told, document)


def _loaded(folder, document: dict) -> contracts.Contract:
    path = folder / f"{document['id']}.odcs.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return contracts.load(path, Period.month("2020-03"))


@pytest.fixture
def trusts() -> dict:
    """What the ED feed's file says of its suppliers, to be changed."""
    path = REPOSITORY / "expectations" / "tiig_ed_attendance.odcs.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def suppliers_of(document: dict) -> dict:
    return next(one for one in document["servers"][0]["customProperties"] if one["property"] == "suppliers")["value"]


def test_a_supplier_serves_the_periods_that_have_a_day_between_its_dates(tmp_path, trusts):
    """Issue 13, point 12."""
    suppliers_of(trusts)["rvy"] = {"name": "Southport", "from": "2018-04", "until": "2023-06-15", "succeededBy": "rbn"}
    contract = _loaded(tmp_path, trusts)
    months = ("2018-03", "2018-04", "2023-06", "2023-07")
    assert [contract.supplier_serves("rvy", Period.month(month)) for month in months] == [False, True, True, False]
    assert contract.supplier_serves("rvy", Period.parse("year", "2023-24"))
    assert contract.supplier_serves("rxl", Period.month("1999-01"))
    assert not contract.supplier_serves("another", Period.month("2020-01"))
    assert contract.suppliers["rvy"].dates == "from 2018-04-01 until 2023-06-15, succeeded by rbn"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (7, r"suppliers\.rvy: is the supplier's name, or"),
        ({"from": "2018-04"}, r"suppliers\.rvy: says name"),
        ({"name": "Southport", "til": "2023-06"}, r"suppliers\.rvy: says name, and may say from, until"),
        ({"name": "Southport", "until": "June 2023"}, r"suppliers\.rvy\.until: is a month or a day, such as 2018-04"),
        ({"name": "Southport", "from": "2023-07", "until": "2023-06"}, r"suppliers\.rvy\.until: comes before from"),
        ({"name": "Southport", "until": "2023-06", "succeededBy": "rvy"}, r"succeededBy: 'rvy' is no other of the suppliers"),
        ({"name": "Southport", "succeededBy": "rbn"}, r"suppliers\.rvy: who is succeeded"),
        ({"name": "Southport", "codes": "RVY"}, r"suppliers\.rvy\.codes: is a list, such as \[RXL\]"),
    ],
)
def test_a_supplier_whose_dates_mean_nothing_is_refused(trusts, said, told):
    suppliers_of(trusts)["rvy"] = said
    assert says(told, trusts)


def test_suppliers_that_are_a_list_are_refused_with_what_to_write(trusts):
    server = trusts["servers"][0]["customProperties"]
    next(one for one in server if one["property"] == "suppliers")["value"] = ["rxl", "rxr"]
    assert says(r"suppliers: is `code: name` of each supplier", trusts)


def test_a_rule_knows_the_supplier_whose_delivery_it_judges(tmp_path, document):
    """Issue 13, part D: in a sentence, in a query and as a list of values."""
    suppliers_of(document)["lancashire"] = {"name": "Lancashire Constabulary", "codes": ["Lancashire", "L'shire"]}
    rule = {
        "name": "PSS-901",
        "type": "custom",
        "engine": "greatExpectations",
        "severity": "record",
        "description": "The row is not of ${supplier_codes}, though the name says ${supplier}.",
        "implementation": {
            "type": "unexpected_rows_expectation",
            "kwargs": {"unexpected_rows_query": "select row_number from {batch} where gender not in (${supplier_codes})"},
        },
    }
    listed = {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "gender", "value_set": "${supplier_codes}"}}
    document["schema"][0]["quality"] += [rule, rule | {"name": "PSS-902", "implementation": listed}]
    path = tmp_path / "police_stop_search.odcs.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    rules = {one.code: one for one in contracts.load(path, Period.month("2020-03"), "lancashire").main.rules}
    assert rules["PSS-901"].description == "The row is not of Lancashire, L'shire, though the name says lancashire."
    assert rules["PSS-901"].kwargs["unexpected_rows_query"].endswith("gender not in ('Lancashire', 'L''shire')")
    assert rules["PSS-902"].kwargs["value_set"] == ["Lancashire", "L'shire"]


def test_a_placeholder_that_stands_for_nothing_is_refused(document):
    document["schema"][0]["quality"][1]["implementation"]["kwargs"]["regex"] = "${suplier}"
    assert says(r"has \$\{suplier\}, which stands for nothing; say .*supplier_codes", document)


def test_a_sentence_that_names_other_codes_has_a_query_that_gives_them(document):
    document["schema"][0]["quality"][1]["description"] = "The rows are of ${says}."
    assert says(r"so its query gives the code that a row says, `as says`", document)


def test_a_feed_that_takes_nil_returns_has_no_rule_that_asks_for_a_row(document):
    document["customProperties"].append({"property": "allowsNil", "value": True})
    assert says(r"allowsNil: a return without rows is a zero, but rule PSS-001 refuses it", document)
    document["customProperties"][-1]["value"] = "yes"
    assert says(r"allowsNil: is true or false", document)


# What is written at the end of a sound feed file, or instead of a part of it, and the sentence.
UNREADABLE_FILES = {
    "an open bracket": ((b"domain: police", b"domain: [police"), r"police_stop_search\.odcs\.yaml, line \d+: it is not YAML"),
    "a tab": ((b"domain: ", b"\tdomain: "), r"line 7: it is not YAML"),
    "a curly quotation mark of Windows": ((b"domain: police", b"domain: \x93police\x94"), r"line 7: a character is not UTF-8"),
    "a control character": ((b"domain: ", b"domain: \x07"), r"line 7: it is not YAML: a control character"),
    "a day that is none": ((b"domain: police", b"domain: 2027-02-30"), r"line 7: 2027-02-30 is no day"),
    "a key that is mistyped": ((b"classification: keep", b"clasification: keep"), r"line 84, schema\.search\.search_type"),
    "another feed's name": ((b"id: police_stop_search", b"id: police_search"), r"line 3, id: is 'police_search'; it must be"),
    "nothing at all": (None, r"the file: it is of another kind; write `key: value` pairs"),
}


@pytest.mark.parametrize("kind", UNREADABLE_FILES)
def test_what_is_wrong_in_a_feed_file_is_said_with_its_line(tmp_path, kind):
    """Issue 13, point 6."""
    change, told = UNREADABLE_FILES[kind]
    path = tmp_path / "police_stop_search.odcs.yaml"
    sound = (REPOSITORY / "expectations" / path.name).read_bytes()
    path.write_bytes(sound.replace(*change, 1) if change else b"")
    with pytest.raises(ContractError, match=told) as caught:
        contracts.load(path, Period.month("2020-03"))
    assert path.name in str(caught.value)


def test_a_line_is_that_of_the_key_and_not_of_what_stands_around_it(tmp_path, document):
    document["schema"][0]["properties"][3]["classification"] = "kep"
    written = yaml.safe_dump(document, sort_keys=False)
    path = tmp_path / "police_stop_search.odcs.yaml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ContractError, match=r"classification 'kep' is none of") as caught:
        contracts.load(path, Period.month("2020-03"))
    line = int(re.search(r"line (\d+)", str(caught.value))[1])
    assert written.splitlines()[line - 1].strip() == f"- name: {document['schema'][0]['properties'][3]['name']}"


@given(name=st.sampled_from([path.name for path in FEED_FILES]), data=st.data())
def test_whatever_is_written_into_a_feed_file_ends_as_a_contract_or_as_a_sentence(tmp_path_factory, name, data):
    """Issue 13, point 6: no mistake of a person's ends in an error that only its own feed could not bear."""
    lines = (REPOSITORY / "expectations" / name).read_bytes().splitlines(keepends=True)
    place = data.draw(st.integers(0, len(lines) - 1))
    match data.draw(st.sampled_from(("lost", "twice", "cut", "other", "emptied"))):
        case "lost":
            del lines[place]
        case "twice":
            lines.insert(place, lines[place])
        case "cut":
            lines[place:] = [lines[place][: data.draw(st.integers(0, len(lines[place])))]]
        case "other":
            at = data.draw(st.integers(0, max(0, len(lines[place]) - 2)))
            lines[place] = lines[place][:at] + data.draw(st.binary(min_size=1, max_size=3)) + lines[place][at + 1 :]
        case "emptied":
            lines[place] = re.sub(rb":.*", b": 7", lines[place])
    path = tmp_path_factory.mktemp("feed") / name
    path.write_bytes(b"".join(lines))
    for period in ("2011-04", "2020-03", "2025-03"):
        with suppress(ContractError):
            contracts.load(path, Period.month(period), "rxl")
