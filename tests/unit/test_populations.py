"""What rates are divided by: one series of estimates, the one that was published by the figure's day (issue 15, B2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.counted import Given
from tests.inbox import Inbox
from tests.myeb import workbook
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.publish import frozen
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

DAY = "2025-09-30"
KEY = ("indicator_id", "area_code", "period_id", "sex", "age_band", "ethnicity", "imd_quintile")
BLACKPOOL, BURNLEY = "E06000009", "E07000117"
COUNTY, FIRST, REBASED, DELIVERED = (
    "LANCS-14",
    "2011-census-based",
    "2021-census-based to mid-2023",
    "mid-2011 to mid-2024, delivery 1",
)
GIVEN_OF = ("V06", "V10", "V16", "V22", "S08", "R10")
# 182 cells of sex and age in each of the fourteen districts (tests/myeb.py).
CELLS = 14 * 182


def given(given: Given) -> None:
    given.months("police_crime", "lancashire", (2018, 4), 89)
    given.months("police_stop_search", "lancashire", (2018, 4), 89)
    for trust in ("rxl", "rxr", "rxn", "rtx", "rvy", "rbn"):
        given.months("tiig_ed_attendance", trust, (2018, 4), 89)
    for authority in ("888", "889", "890"):
        given.came("cin_census", authority, "2019-04-01", "2020-03-31")
    given.counted("R10", "E10000017", "2020-03", 3000)
    for year in range(2018, 2025):
        given.counted("V06", BURNLEY, f"{year}-04", 7)
        for group in ({"sex": "female"}, {"age_band": "18-19"}, {"ethnicity": "asian"}):
            given.counted("V06", BURNLEY, f"{year}-04", 3, **group)
        for quintile in "12345":
            given.counted("V06", BURNLEY, f"{year}-04", 1, imd_quintile=quintile)
            given.counted("V22", BURNLEY, f"{year}-04", 1, imd_quintile=quintile)
        given.counted("V16", BLACKPOOL, f"{year}-04", 40, age_band="20-24")
        for group, count in (("white", 20), ("ethnic_minority", 10)):
            given.counted("S08", BURNLEY, f"{year}-04", count, ethnicity=group)


class Seen:
    """Figures by their key, as they are on a day and as they were on others; before the workbook of mid-2024 and with it."""

    def __init__(self, settings, owner, places):
        self.owner = owner
        given(Given(owner))
        self.build(
            settings,
            "dim_period",
            "dim_population",
            "dim_rate_population",
            "dim_indicator",
            "path:functions/figures",
            "path:functions/publish",
        )
        self.before = self.of("marts.fct_indicator_value")
        self.as_at = {day: self.known(day) for day in ("2020-08-25", "2021-07-01", "2024-07-14", "2024-07-15")}
        self.released("before")
        with connect(settings, autocommit=True) as loader:
            inbox = Inbox(settings, loader, places)
            inbox.drop("reference_population", "myebtablesenglandwales20112024.xlsx", workbook(2024))
            (self.taken,) = inbox.take_in("reference_population")
        owner.execute("update ops.submission set received_at = '2025-08-01', extract_as_at = '2025-08-01'")
        self.build(settings, "stg_ops__submission", "int_population__estimate", "dim_population", "dim_rate_population")
        self.after = self.of("marts.fct_indicator_value")
        self.released("after", 1)
        self.changes = self.owner.execute("select * from publish.release_changes('before', 'after')").fetchall()
        self.as_at_after = {day: self.known(day) for day in ("2020-08-25", "2025-07-31", "2025-08-01")}

    def build(self, settings, *models: str) -> None:
        command = ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        assert dbt.invoke(settings, [*command, "--select", *models, "path:models/marts/figures", "fct_indicator_value"]).success

    def released(self, name: str, *submissions: int) -> None:
        """A release of these figures, as `make release` freezes them."""
        number = self.owner.execute(
            "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values (%s, '', '', '', false) "
            "returning release_number",
            [name],
        ).fetchone()["release_number"]
        for one in submissions:
            self.owner.execute("insert into ops.release_submission values (%s, %s)", [name, one])
        frozen.keep_models(self.owner, number)
        frozen.keep_values(self.owner, number)

    def known(self, day: str) -> dict:
        return self.of(f"publish.indicator_as_at('{day}', array{list(GIVEN_OF)})")

    def of(self, relation: str) -> dict:
        rows = self.owner.execute(f"select * from {relation} where indicator_id = any(%s)", [list(GIVEN_OF)]).fetchall()
        return {tuple(row[name] for name in KEY): row for row in rows}


@pytest.fixture(scope="module")
def seen(built_server, places, tmp_path_factory) -> Iterator[Seen]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VRN_AS_OF", DAY)
        with (
            copy_of(built_server, tmp_path_factory.mktemp("populations"), patch, "built") as settings,
            connect(settings, OWNER, autocommit=True) as owner,
        ):
            yield Seen(settings, owner, places)


def cell(figures: dict, period: str, indicator: str = "V06", area: str = COUNTY, **group: str) -> dict:
    groups = {"sex": "all", "age_band": "all", "ethnicity": "all", "imd_quintile": "all"} | group
    return figures[indicator, area, period, *groups.values()]


def divided_by(row: dict) -> tuple:
    return row["denominator"], row["population_vintage"], row["population_basis"]


def test_every_year_and_month_past_2020_has_a_denominator(seen):
    """No rate had one from April 2021 on."""
    totals = {key: row["status"] for key, row in seen.before.items() if key[3:] == ("all",) * 4 and key[1] not in ("OUT", "UNK")}
    assert {key for key, status in totals.items() if status == "no_denominator" and key[0] in ("V06", "V10", "V16")} == set()
    assert divided_by(cell(seen.before, "2022/23")) == (1_551_393, REBASED, "published")
    assert divided_by(cell(seen.before, "2023-11")) == (1_570_373, REBASED, "published")


def test_a_series_of_figures_is_of_one_vintage(seen):
    for figures in (seen.before, seen.after, *seen.as_at.values(), *seen.as_at_after.values()):
        assert len({row["population_vintage"] for row in figures.values() if row["population_basis"] not in (None, "census")}) == 1


def test_a_figure_of_a_day_is_divided_by_what_was_published_by_that_day(seen):
    assert divided_by(cell(seen.as_at["2020-08-25"], "2019/20")) == (1_508_941, FIRST, "published")
    # Mid-2020 was published on 25 June 2021.
    assert divided_by(cell(seen.as_at["2020-08-25"], "2020-06")) == (1_508_941, FIRST, "latest_there_is")
    assert divided_by(cell(seen.as_at["2021-07-01"], "2020-06")) == (1_515_487, FIRST, "published")
    assert divided_by(cell(seen.as_at["2024-07-14"], "2019/20")) == (1_508_941, FIRST, "published")
    assert divided_by(cell(seen.as_at["2024-07-15"], "2019/20")) == (1_513_857, REBASED, "published")


def test_a_year_that_is_not_out_has_the_latest_there_is_for_three_years_and_no_longer(seen):
    for period in ("2024/25", "2025-08"):
        assert divided_by(cell(seen.before, period)) == (1_570_373, REBASED, "latest_there_is")
    assert divided_by(cell(seen.as_at["2024-07-14"], "2023/24")) == (1_515_487, FIRST, "latest_there_is")
    assert cell(seen.as_at["2024-07-14"], "2024-05")["status"] == "no_denominator"


def test_what_of_sexes_and_ages_is_ours_says_so_on_the_figure(seen):
    for period, basis in (("2018/19", "estimated"), ("2022/23", "estimated"), ("2023/24", "published")):
        assert cell(seen.before, period, sex="female")["population_basis"] == basis
        assert cell(seen.before, period, age_band="18-24")["population_basis"] == basis
        assert cell(seen.before, period, "V16", BLACKPOOL)["population_basis"] == basis
        assert cell(seen.before, period)["population_basis"] == "published"


def test_the_baseline_year_has_its_sexes_ages_and_quintiles_and_they_add_up(seen):
    for figures in (seen.before, seen.as_at["2020-08-25"]):
        whole = cell(figures, "2018/19")["denominator"]
        for name, groups in (
            ("sex", ("female", "male")),
            ("age_band", ("00-09", "10-17", "18-24", "25-34", "35-49", "50-64", "65+")),
            ("imd_quintile", ("1", "2", "3", "4", "5", "unknown")),
        ):
            parts = [cell(figures, "2018/19", **{name: group})["denominator"] for group in groups]
            assert sum(filter(None, parts)) == whole, name


def test_quintiles_add_up_to_their_district_in_every_year(seen):
    for start in range(2018, 2025):
        year = f"{start}/{start + 1 - 2000}"
        parts = [cell(seen.before, year, area=BURNLEY, imd_quintile=one)["denominator"] for one in (*"12345", "unknown")]
        assert sum(filter(None, parts)) == cell(seen.before, year, area=BURNLEY)["denominator"], year


def test_peoples_are_of_the_newest_census_of_the_day_and_the_figure_says_which(seen):
    now, then = (cell(of, "2019/20", ethnicity="asian") for of in (seen.before, seen.as_at["2020-08-25"]))
    assert divided_by(now) == (158_894, "Census 2021", "census")
    assert divided_by(then) == (114_830, "Census 2011", "census")
    ratios = [cell(of, "2019/20", "S08", BURNLEY) for of in (seen.before, seen.as_at["2020-08-25"])]
    assert [row["population_vintage"] for row in ratios] == ["Census 2021", "Census 2011"]
    assert ratios[0]["value"] < ratios[1]["value"]


def test_england_stands_beside_children_on_plans_only_where_both_have_rebased_residents(seen):
    """Issue 15, B3: the DfE divides by the children of the Census of 2021, 2 % fewer than those before it."""
    then, now = (cell(of, "2019/20", "R10") for of in (seen.as_at["2020-08-25"], seen.before))
    assert (then["population_vintage"], then["comparison_england"]) == (FIRST, "not_compared")
    assert (now["population_vintage"], now["comparison_england"]) == (REBASED, "higher")


def test_a_years_population_is_added_by_dropping_the_workbook(seen):
    assert seen.taken["status"] == "accepted"
    assert divided_by(cell(seen.before, "2024/25"))[2] == "latest_there_is"
    # Replaced when the estimate comes, with the revised years before it, and its own sexes and ages.
    assert divided_by(cell(seen.after, "2024/25")) == (CELLS * 513, DELIVERED, "published")
    assert divided_by(cell(seen.after, "2018/19")) == (CELLS * 507, DELIVERED, "published")
    assert divided_by(cell(seen.after, "2018/19", sex="female")) == (CELLS // 2 * 507, DELIVERED, "published")


def test_figures_of_an_earlier_day_are_as_they_were_when_a_workbook_comes(seen):
    assert seen.as_at_after["2020-08-25"] == seen.as_at["2020-08-25"]
    assert divided_by(cell(seen.as_at_after["2025-07-31"], "2022/23"))[1] == REBASED
    assert divided_by(cell(seen.as_at_after["2025-08-01"], "2022/23"))[1] == DELIVERED


def test_a_release_says_of_each_figure_that_moved_whether_a_population_moved_it(seen):
    """A public index reversed 46 trends by a change of denominators and had no word for it."""
    moved = {tuple(row[name] for name in KEY): row for row in seen.changes}
    rates = [row for key, row in moved.items() if key[0] in ("V06", "V10") and key[5] == "all"]
    assert rates
    assert all(row["is_population_changed"] and 1 in row["because_submission_ids"] for row in rates)
    assert all(row["count_difference"] in (None, 0) for row in rates)
    # The workbook has no peoples.
    assert not [key for key in moved if key[0] == "S08"]


def test_the_definition_of_a_rate_by_ethnic_group_says_which_census_it_divides_by(seen):
    """It said a mid-year estimate, and was divided by residents of 2011."""
    said = seen.owner.execute(
        "select indicator_id, concat_ws(' ', denominator_def, source) as text from marts.dim_indicator "
        "where population is not null and 'ethnicity' = any(breakdowns)"
    ).fetchall()
    assert len(said) > 5
    assert [row["indicator_id"] for row in said if "Census 2021" not in row["text"]] == []
