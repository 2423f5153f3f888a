"""The page on adding an indicator lists what an indicator's metadata may say (issue 14, point 10)."""

from __future__ import annotations

import re

import yaml

from tests import metadata
from vrn.settings import REPOSITORY

PAGE = (REPOSITORY / "docs" / "adding-an-indicator.md").read_text(encoding="utf-8")
DBT = REPOSITORY / "dbt_project" / "models"
# Lists of words in a column, of which a dbt test of accepted values says nothing.
OF_LISTS = ("period_types", "geo_levels", "breakdowns")


def listed() -> dict[str, set[str]]:
    """The words in code that the page's table has beside each field."""
    table = PAGE[PAGE.index("| field | values |") :].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ", 1) for line in table.splitlines()[2:]]
    return {field: set(re.findall(r"`([^`]+)`", values)) for fields, values in rows for field in re.findall(r"`(\w+)`", fields)}


def accepted() -> dict[str, set[str]]:
    """The values that dbt's tests of dim_indicator accept, by field."""
    (model,) = yaml.safe_load((DBT / "marts" / "dim_indicator.yml").read_text(encoding="utf-8"))["models"]
    tests = {column["name"]: column.get("data_tests", []) for column in model["columns"]}
    found = {name: [one["accepted_values"] for one in said if "accepted_values" in one] for name, said in tests.items()}
    return {name: set(said[0]["arguments"]["values"]) for name, said in found.items() if said}


def test_every_field_is_listed():
    fields = re.search(r"set fields = \[(.*?)\]", (DBT / "marts" / "dim_indicator.sql").read_text(encoding="utf-8"), re.DOTALL)[1]
    assert set(re.findall(r"'(\w+)'", fields)) == set(listed())


def test_every_value_that_is_accepted_is_listed():
    for field, values in accepted().items():
        assert values <= listed()[field], field


def test_every_value_that_an_indicator_says_is_listed():
    for one in metadata.of_indicators():
        for field in (*accepted(), *OF_LISTS, "population", "comparator_default"):
            said = one[field] if isinstance(one[field], list) else [one[field] or "null"]
            assert set(said) <= listed()[field] | {"null"}, (one["indicator_id"], field)


def test_every_default_is_listed_and_no_file_says_what_is_its_default():
    """Issue 15, A: a file says what is its own."""
    by_domain = metadata.defaults()
    for line in (line for one in by_domain.values() for line in one.items()):
        assert re.search(rf"`{line[0]}: {re.escape(str(metadata.written(line[1])))}`", PAGE.replace("\n", " ")), line
    for path, said in metadata.files():
        of = by_domain["all"] | by_domain[path.parent.name]
        assert [name for name in said if name in of and said[name] == of[name]] == [], path.name
