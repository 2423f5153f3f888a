"""All that is wrong in a feed file is said at once, each with line, entity, column and what to write (issue 14, point 10)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from vrn.errors import ContractError
from vrn.feeds import breaches, document, name_breaches
from vrn.feeds.contract import load
from vrn.feeds.grammar import LONGEST_NAME
from vrn.feeds.period import ANY_PERIOD
from vrn.settings import REPOSITORY
from vrn.stage import raw

FEED = "police_stop_search"
SOUND = (REPOSITORY / "expectations" / f"{FEED}.odcs.yaml").read_text(encoding="utf-8")
SEARCH = "schema.search"
FILE_NAME = r"servers\.0\.customProperties\.fileName"


@pytest.fixture
def feed() -> dict:
    return yaml.safe_load(SOUND)


def put(feed: dict, key: str, value: object) -> None:
    """One of the server's own properties."""
    next(one for one in feed["servers"][0]["customProperties"] if one["property"] == key)["value"] = value


def told(tmp_path: Path, written: str) -> list[str]:
    """What is said of a feed file, a line for each breach."""
    path = tmp_path / f"{FEED}.odcs.yaml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        document.read(path)
    first, *lines = str(caught.value).splitlines()
    assert first.startswith(path.name)
    return [line.strip() for line in lines]


def test_every_mistake_of_a_file_is_said_at_once_whether_the_standards_or_ours(tmp_path):
    """A file with four mistakes needs one call of `make check` and not four."""
    wrong = (
        SOUND.replace("      - name: gender\n", "      - name: gender\n        clasification: keep\n", 1)
        .replace("severity: record", "severity: rekord", 1)
        .replace("id: police_stop_search", "id: stop_search", 1)
        .replace("(?P<month>", "(?P<mnth>", 1)
    )
    lines = told(tmp_path, wrong)
    for pattern in (
        rf"line \d+, {SEARCH}\.gender: the standard does not know the key 'clasification' here; say classification",
        r"rule PSS-\d+ has severity 'rekord'; say submission, hold, record, warning",
        r"line \d+, id: is 'stop_search'; it must be the file's own name",
        rf"line \d+, {FILE_NAME}: the pattern has exactly one of the groups month, quarter, year, .* it has none; write such as",
    ):
        assert any(re.search(pattern, line) for line in lines), (pattern, lines)
    assert len(lines) == 4


def test_a_key_is_named_by_entity_and_column_and_not_by_its_number(tmp_path):
    lines = told(tmp_path, SOUND.replace("        required: true", "        required: 'yes'", 1))
    number = SOUND[: SOUND.index("        required: true")].count("\n") + 1
    (line,) = lines
    assert re.fullmatch(rf"line {number}, {SEARCH}\.\w+\.required: it is of another kind; write true or false", line)


def test_a_rule_is_named_with_its_own_line_and_not_with_that_of_its_column(tmp_path):
    (line,) = told(tmp_path, SOUND.replace("severity: record", "severity: rekord", 1))
    written = SOUND.splitlines()
    # What is wrong stands in the rule that begins in the line that is named, or the one before.
    number = int(re.match(r"line (\d+),", line)[1])
    code = re.search(r"rule (PSS-\d+)", line)[1]
    assert code in written[number - 1]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?P<month>", f"{FILE_NAME}: is no regular expression"),
        ("(?P<month>a{99999999999})", f"{FILE_NAME}: is no regular expression"),
        (None, f"{FILE_NAME}: is missing"),
        (r"(?P<supplier>\w+)(?P<synthetic>s)?", "exactly one of the groups month, quarter, year, .* it has none"),
        (r"(?P<month>.)(?P<year>.)(?P<supplier>\w+)(?P<synthetic>s)?", "exactly one of the groups .* it has month and year"),
        # A comment of the pattern is no group of it.
        (r"(?#(?P<month>)(?P<supplier>\w+)(?P<synthetic>s)?", "exactly one of the groups .* it has none"),
    ],
)
def test_a_pattern_that_tells_no_delivery_is_said_in_a_sentence(feed, pattern, said):
    put(feed, "fileName", pattern)
    assert any(re.search(said, one) for one in breaches.found(feed)), breaches.found(feed)


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("stop-and-search-2020-02.csv", "is no name that fileName fits as a whole"),
        ("2020-02-lancashire-stop-and-search.csv.old", "is no name that fileName fits as a whole"),
        ("2020-13-lancashire-stop-and-search.csv", "the month '2020-13' in it, which is none; it is written like 2020-04"),
        ("2020-02-cumbria-stop-and-search.csv", "the supplier 'cumbria' in it, who is none of lancashire"),
        (None, "is missing; it is a name that fileName fits"),
    ],
)
def test_the_example_of_a_name_is_one_that_would_be_taken_in(feed, example, said):
    put(feed, "fileNameExample", example)
    (breach,) = breaches.found(feed)
    assert re.search(rf"fileNameExample: .*{said}", breach), breach


@pytest.mark.parametrize(
    ("classification", "logical_type", "own", "is_taken"),
    [
        ("lsoa", "date", {}, False),
        ("lsoa", "string", {}, True),
        ("month", "string", {}, False),
        ("month", "date", {}, True),
        ("age", "timestamp", {}, False),
        ("age", "date", {}, True),
        ("hash", "integer", {"identifierDomain": "local"}, False),
        ("hash", "string", {"identifierDomain": "local"}, True),
        ("keep", "integer", {}, True),
        ("drop", "timestamp", {}, True),
    ],
)
def test_a_class_is_refused_for_a_type_that_it_makes_nothing_of(feed, classification, logical_type, own, is_taken):
    """Issue 14, point 10: `lsoa` on a date of birth."""
    item = {"classification": classification, "logicalType": logical_type}
    item |= {"logicalTypeOptions": {"format": "yyyy-MM-dd"}} if logical_type == "date" else {}
    item["customProperties"] = [{"property": name, "value": value} for name, value in own.items()]
    feed["schema"][0]["properties"].append(item | {"name": "tried"})
    found = [one for one in breaches.found(feed) if "tried" in one]
    assert (found == []) is is_taken
    if not is_taken:
        assert re.search(
            rf"{SEARCH}\.tried: the class {classification} is for .*; a column of logicalType {logical_type} has", found[0]
        )


@pytest.mark.parametrize(
    ("classification", "headings", "said"),
    [
        ("drop", "^Income ", None),
        ("keep", "^Income ", "the class is drop"),
        ("drop", "^(Income", "is no regular expression"),
    ],
)
def test_a_pattern_of_headings_is_of_columns_of_which_nothing_is_stored(feed, classification, headings, said):
    """Issue 15, B2: a publisher's table has fifty columns that nobody needs."""
    item = {"name": "tried", "classification": classification, "logicalType": "string"}
    feed["schema"][0]["properties"].append(item | {"customProperties": [{"property": "headings", "value": headings}]})
    found = [one for one in breaches.found(feed) if "tried" in one]
    assert [said in one for one in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("match_as", "logical_type", "is_taken"),
    [("surname", "date", False), ("surname", "string", True), ("date_of_birth", "string", False), ("postcode", "date", False)],
)
def test_what_linkage_compares_is_of_the_type_that_it_compares(feed, match_as, logical_type, is_taken):
    tried = {
        "name": "tried",
        "classification": "match",
        "logicalType": logical_type,
        "logicalTypeOptions": {"format": "yyyy-MM-dd"},
    }
    tried["customProperties"] = [{"property": "matchAs", "value": match_as}]
    feed["schema"][0]["properties"].append(tried)
    assert any("tried: the class match is for" in one for one in breaches.found(feed)) is not is_taken


def test_names_that_postgresql_would_cut_are_too_long(feed):
    """Case 39 of ../shared/cases: a feed and a table with names of 48 characters and more."""
    feed["id"], feed["schema"][0]["name"] = "f" * 48, "e" * 48
    found = [one for one in breaches.found(feed) if "too long" in one]
    assert len(found) == 1
    assert re.search(
        r"schema\.e+: the names of the feed and of the entity are too long: 96 bytes, and together they have 43", found[0]
    )


def test_names_may_be_as_long_as_postgresql_keeps_them_and_bytes_count_and_not_letters(feed):
    feed["id"], feed["schema"][0]["name"] = "f" * 20, "e" * 23
    assert not any("too long" in one for one in breaches.found(feed))
    feed["schema"][0]["name"] = "e" * 22 + "é"
    assert any("too long" in one for one in breaches.found(feed))


@pytest.mark.parametrize(
    ("classification", "logical_type", "most"),
    [("keep", "string", 63), ("hash", "string", 63 - len("_is_valid")), ("keep", "integer", 63 - len("_is_withheld"))],
)
def test_a_column_has_room_for_the_flag_that_is_stored_beside_it(feed, classification, logical_type, most):
    said = {"classification": classification, "logicalType": logical_type}
    said["customProperties"] = [{"property": "identifierDomain", "value": "nhs"}]
    feed["schema"][0]["properties"] += [{"name": "n" * most, **said}, {"name": "m" * (most + 1), **said}]
    (found,) = [one for one in breaches.found(feed) if "too long" in one]
    assert f"{SEARCH}.{'m' * (most + 1)}: the name is too long: {most + 1} bytes, and a column has {most}" in found


def test_the_room_that_is_kept_is_that_of_a_deliverys_own_tables():
    """What stands behind a table's name is said in two rooms, because feed files are read without the database."""
    entity = load(REPOSITORY / "expectations" / f"{FEED}.odcs.yaml", ANY_PERIOD).main
    assert raw.partition_name(entity, 999_999_999) + raw.HITS == entity.table + name_breaches.TABLE_ENDING.replace("0", "9")
    assert LONGEST_NAME == 63
