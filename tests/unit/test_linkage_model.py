"""Issue 15, C: linkage through Splink. What many records teach, that nothing leaves the process, and what auditors look at."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import duckdb
import pandas as pd
import pytest
import yaml

from tests.properties import seeds
from tests.truth_set import as_linked, quality, truth_set
from vrn.build.linkage import database, match, model
from vrn.stage.match_codes import ARRAYS, CODES

REPOSITORY = Path(__file__).resolve().parents[2]
PEOPLE = 2_000
# What a record has of one kind, which a whole county's deliveries may lack.
KINDS = {
    "surname": [code for code in CODES if code.startswith("surname")],
    "forename": [code for code in CODES if code.startswith("forename")],
    "birth date": [code for code in CODES if code.startswith("dob")],
    "postcode": [code for code in CODES if code.startswith("postcode")],
    "sex": ["sex"],
    "identifier": ["nhs", "upn", "former_upn", "pnc"],
}


@pytest.fixture
def taught(monkeypatch):
    """As many records as a test can wait for are enough to teach the model."""
    monkeypatch.setattr(model, "ENOUGH_RECORDS", 1_000)


def codes_of(records: pd.DataFrame) -> set[str]:
    lists = {code for name in ARRAYS for one in records[name].dropna() for code in one}
    return lists | {code for name in CODES if name not in ARRAYS for code in records[name].dropna()}


def learnt(records: pd.DataFrame) -> dict:
    with database.of(records) as connection:
        return model.fitted(connection).misc.save_model_to_json()


def test_few_records_are_linked_by_what_is_believed_and_many_by_what_they_teach(taught):
    records = as_linked(truth_set(PEOPLE))

    def m(found: dict) -> list[float]:
        return [level.get("m_probability") for comparison in found["comparisons"] for level in comparison["comparison_levels"]]

    believed = yaml.safe_load(model.BELIEVED.read_text(encoding="utf-8"))
    assert m(learnt(records.head(900))) == m(believed)
    assert m(learnt(records)) != m(believed)


@pytest.mark.worlds
def test_what_many_records_teach_links_them_as_promised_in_any_order(taught):
    found = {}
    for seed in seeds(2):
        records = truth_set(PEOPLE, seed)
        given = as_linked(records)
        linked = match.link(given)
        found[seed] = quality(records, linked)
        shuffled = match.link(given.sample(frac=1, random_state=seed))
        # Not nearly the same, but the same.
        pd.testing.assert_frame_equal(linked, shuffled, check_exact=True, obj=f"the links of the set {seed}")
    # Promised of many: one set of these may lie a little below.
    precision, recall = (fmean(numbers) for numbers in zip(*found.values(), strict=True))
    assert precision >= 0.995, found
    assert recall >= 0.95, found


@pytest.mark.parametrize("kind", KINDS)
def test_what_none_of_many_records_has_teaches_nothing_and_stops_nothing(taught, kind):
    records = truth_set(700, 3)
    given = as_linked(records)
    linked = match.link(given.assign(**dict.fromkeys(KINDS[kind])))
    pd.testing.assert_frame_equal(linked, match.link(given.drop(columns=KINDS[kind])))
    precision, _ = quality(records, linked)
    assert precision > 0.9


def test_the_levels_that_a_slip_of_the_pen_explains_are_those_that_match_names():
    comparisons = {one["output_column_name"]: one["comparison_levels"] for one in learnt(as_linked(truth_set(3)))["comparisons"]}

    def label(comparison: str, gamma: int) -> str:
        return [level["label_for_charts"] for level in comparisons[comparison] if not level.get("is_null_level")][-1 - gamma]

    assert [label("dob", 0), label("forename", 0)] == ["different", "different"]
    assert [label("dob", 1), label("forename", 1), label("forename", 3)] == ["two parts of three", "start", "sound"]
    assert "gamma_dob = 1" in match.PROBABLE
    assert "gamma_forename in (1, 3)" in match.PROBABLE


# Raises at whatever would reach out of the process, and at every file that would be written.
ALONE = """
import sys
from tests.truth_set import as_linked, truth_set
from vrn.build.linkage import match, model
model.ENOUGH_RECORDS = 100
given = as_linked(truth_set(200))
def hook(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event.split(".")[0] in ("socket", "subprocess", "urllib", "http") or event == "os.system":
        raise SystemExit(f"{event} {arguments[:1]}")
sys.addaudithook(hook)
_, charts = match.link_and_draw(given)
print(sorted(charts))
"""


def test_linking_opens_no_connection_and_writes_no_file(tmp_path):
    done = subprocess.run(
        [sys.executable, "-B", "-c", ALONE],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "['match_weights', 'precision_recall', 'waterfall']\n", "")
    # Neither did the database, which asks nobody.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "install httpfs",
        "load httpfs",
        "attach 'elsewhere.duckdb'",
        "select * from read_csv('https://example.org/people.csv')",
        "copy records to 'people.csv'",
        "set enable_external_access = true",
        "set temp_directory = 'elsewhere'",
    ],
)
def test_the_database_of_the_records_reaches_nothing_outside_the_process(statement):
    with database.of(as_linked(truth_set(3))) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement)


def test_no_code_of_a_person_is_logged_or_printed(taught, caplog, capfd):
    given = as_linked(truth_set(PEOPLE))
    with caplog.at_level(1):
        match.link_and_draw(given)
    written = caplog.text + "".join(capfd.readouterr())
    # As the hashes are written, and as UUIDs.
    assert not set(re.findall("[0-9a-f]{32}", written.replace("-", ""))) & codes_of(given)
    assert logging.getLogger("splink").handlers == []


def test_the_charts_need_nothing_from_elsewhere_and_say_nothing_of_a_person():
    given = as_linked(truth_set(300))
    linked, charts = match.link_and_draw(given)
    assert set(charts) == {"match_weights", "waterfall", "precision_recall"}
    pair = charts["waterfall"].title.partition(": ")[2].split(" and ")
    # It may be of one group by a stronger rule too, and is never a twin.
    assert linked.set_index("record_id").loc[pair, "person_key"].nunique() == 1
    for chart in charts.values():
        assert chart.svg.startswith("<svg")
        assert chart.title in chart.svg
        assert not re.search(r"<script|<image|@import|href=|url\((?!#|'#|\"#)", chart.svg)
        assert set(re.findall(r"https?://[^\"' ]+", chart.svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
        assert not set(re.findall("[0-9a-f]{32}", chart.svg.replace("-", ""))) & codes_of(given)
        assert len(chart.svg) < 200_000


def test_records_of_which_nothing_is_known_have_the_chart_of_the_weights_only():
    nobody = pd.DataFrame({"record_id": ["one", "other"], "source": ["police", "police"]})
    linked, charts = match.link_and_draw(nobody)
    assert linked["person_key"].nunique() == 2
    assert set(charts) == {"match_weights"}
