"""The file that parts of the bench take in: as many rows as asked for, and every hundredth of them bad."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.bench import street
from vrn.settings import Settings


@pytest.mark.parametrize("rows", [1, 100, 101, 300, street.LINES + 350])
def test_every_hundredth_row_has_a_crime_type_that_is_none_and_the_others_have_one(tmp_path: Path, rows):
    path = tmp_path / "street.csv"
    street.write_file(path, rows, Settings(home=tmp_path))
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    bad = [number for number, row in enumerate(found) if row["Crime type"] == street.NO_TYPE]
    assert (len(found), bad) == (rows, list(range(0, rows, 100)))
    # A field more or less would say that a comma within quotes was taken for one between fields.
    assert all(None not in row and None not in row.values() for row in found)
    identifiers = [row["Crime ID"] for row in found if row["Crime ID"]]
    assert len(set(identifiers)) == len(identifiers)


def test_a_comma_within_quotes_ends_no_field(tmp_path: Path, monkeypatch):
    lines = 'Crime ID,Month,Location,Crime type\n,2020-03,"On or near Park, West",Burglary\n'
    monkeypatch.setattr(street.deliveries, "content", lambda *_: lines.encode())
    street.write_file(tmp_path / "street.csv", 2, Settings(home=tmp_path))
    assert (tmp_path / "street.csv").read_text().splitlines()[1:] == [
        ',2020-03,"On or near Park, West",Piracy',
        ',2020-03,"On or near Park, West",Burglary',
    ]
