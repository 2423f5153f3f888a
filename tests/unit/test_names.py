"""What still names an indicator or an area that was deleted is told with its file and line; tests/unit/test_frozen.py builds it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vrn.build import names
from vrn.settings import REPOSITORY

PROJECT = REPOSITORY / "dbt_project"


@pytest.fixture
def project(tmp_path) -> Path:
    folder = tmp_path / "dbt_project"
    for name in ("models/indicators", "models/counts", "seeds"):
        shutil.copytree(PROJECT / name, folder / name)
    return folder


def test_the_repository_names_no_indicator_and_no_area_that_it_does_not_have():
    assert names.dangling(PROJECT) == []


def test_each_line_that_names_what_was_deleted_is_told_with_its_file(project):
    """Issue 16, C: a build named a model, and a release ended in a traceback."""
    for path in project.glob("models/indicators/*/v11_*"):
        path.unlink()
    areas = project / names.AREAS
    areas.write_text("".join(line for line in areas.read_text().splitlines(keepends=True) if not line.startswith("RXL01,")))
    area, indicator, model = names.dangling(project)
    assert area.startswith("The area RXL01 is named, and seeds/geography/area.csv has no line of it. Name it no more in line ")
    assert area.endswith(" of seeds/geography/area_member.csv, or bring it back.")
    assert "`V01 + V06 + V09 + V10 + V11 <= count` (adds_up) in models/indicators/violence/v15_serious_violence.yml" in indicator
    assert model.startswith("The model v11_aggravated_burglary is named")
    (said,) = (place for place in indicator.split(", or bring")[0].split(", line ") if "published_figure_measure" in place)
    number = int(said.split()[0])
    assert ",V11," in (project / "seeds/framework/published_figure_measure.csv").read_text().splitlines()[number - 1]


def test_of_a_file_that_cannot_be_read_nothing_is_said_here_because_dbt_says_it(project):
    next(project.glob("models/indicators/*/v11_*.yml")).write_text("models: [")
    assert names.dangling(project) == []
