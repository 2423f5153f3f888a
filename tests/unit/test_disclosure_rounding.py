"""What stands beside a rounded count says no more than it: an attacker inverts all that is shown (issue 16, A5)."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from tests import metadata
from tests.worlds import EAST, PERIODS, areas, figure
from vrn.publish import disclosure, intervals, trends
from vrn.publish.disclosure import decisions, policies
from vrn.publish.disclosure.publish import published

NHS = policies.POLICIES["NHS7"]
POPULATION = 84_000
YEARS = ["2015/16", "2016/17", "2017/18", "2018/19", "2019/20"]
EARLIER_YEARS = [
    (year, "financial_year", f"{year[:4]}-04-01", f"{int(year[:4]) + 1}-03-31", before)
    for before, year in zip([None, *YEARS[:2]], YEARS[:3], strict=True)
]
WITH_FIVE_YEARS = pd.concat([PERIODS, pd.DataFrame(EARLIER_YEARS, columns=PERIODS.columns)])
# Of all methods of dim_indicator: value_type and the formula of the figure's value and limits.
METHODS = ["count", "crude_rate", "proportion", "dsr", "mean", "ratio", "sii"]


def limits_of(kind: str, count: float, group: float, z: float) -> tuple[float, float]:
    """What the database has for limits: of a standardised rate Dobson's, with the variance of one and the same age pattern."""
    low, high = (float(one) for one in intervals.byar(count, z))
    if kind == "proportion":
        return tuple(float(one) * 100 for one in intervals.wilson(count, group, z))
    if kind == "dsr":
        return 1.31 * count + 1.44 * (low - count), 1.31 * count + 1.44 * (high - count)
    if kind in ("crude_rate", "count"):
        return (low, high) if kind == "count" else (low / group * 1e5, high / group * 1e5)
    # Student's, of a ratio's logarithm and of a slope: each moves with the count.
    return count / group - z / (count + 1), count / group + z / (count + 1)


def true_figure(kind: str, count: int, group: float, **more) -> dict:
    """A district's year as marts.fct_indicator_value has it: where there is no value, no words either."""
    rates = {"proportion": 100 / group, "dsr": 1.31, "count": 1, "crude_rate": 1e5 / group}
    has_value = not (kind == "dsr" and count < 10)
    row = figure(EAST[0], "2019/20", count, None if kind == "count" else group)
    row |= {"value": count * rates.get(kind, 1 / group) if has_value else None, "status": "ok" if has_value else "not_applicable"}
    for level, z in intervals.Z.items():
        low, high = limits_of(kind, count, group, z)
        row |= {f"lower_ci_{level}": low if has_value else None, f"upper_ci_{level}": high if has_value else None}
    poisson = "exact_poisson" if count < 10 else "byar"
    methods = {"count": poisson, "crude_rate": poisson, "proportion": "wilson", "dsr": "dobson_byar", "mean": "student_t"}
    row |= {"method": methods.get(kind, "log_ratio" if kind == "ratio" else "sii") if has_value else None}
    # What is compared with 100 of 100,000.
    is_compared = has_value and kind != "count"
    row |= {"comparison": ("worse" if count / group > 0.001 else "better") if is_compared else "not_compared"}
    return row | {"trend": ("increasing" if count % 2 else "no_change") if has_value else None} | more


def shown(kind: str, figures: list[dict], periods: pd.DataFrame = PERIODS) -> pd.DataFrame:
    """Everything that a reader gets of published figures, without the key; the status as publish.indicator_value has it."""
    definition = {
        "indicator_id": "V00", "suppression_policy": "NHS7", "value_type": kind, "comparator_default": "LANCS-14",
        "multiplier": {"proportion": 100, "crude_rate": 100_000, "dsr": 100_000}.get(kind, 1), "polarity": "low_is_good",
        "population": "all" if kind in ("crude_rate", "dsr", "sii") else None,
    }  # fmt: skip
    decision = pd.Series(decisions.PUBLISH, index=range(len(figures)))
    is_controlled = np.ones(len(figures), dtype=bool)
    true = pd.DataFrame(figures)
    seen = published(true, decision, NHS, pd.Series(definition), periods, is_controlled)
    has_lost_value = true["value"].notna() & seen["value"].isna()
    return seen.assign(status=true["status"].mask(has_lost_value, "not_applicable"))


@pytest.mark.parametrize("kind", METHODS)
def test_what_is_shown_of_a_rounded_count_is_the_same_for_every_count_that_it_may_be(kind):
    """Issue 16, A5: whoever inverts it has the whole interval of the rounded count, and of a share that of its group too."""
    groups = (1398, 1400, 1402) if kind in ("proportion", "mean") else (POPULATION,)
    tried = list(itertools.product([0, *range(8, 78), *range(998, 1003)], groups))
    # Each in a place of its own with four years before, so that none is a figure of another. A place that has all that the county
    # has is compared with nobody.
    county = true_figure(kind, 40, groups[-1], area_code="LANCS-14", comparison="not_compared")
    alone = {"comparison": "not_compared"}
    rows = [
        true_figure(kind, *counts, area_code=f"X{number}") | (alone if counts == (40, groups[-1]) else {})
        for number, counts in enumerate(tried)
    ]
    before = [
        true_figure(kind, 150 - 25 * ago, groups[0], area_code=row["area_code"], period_id=year)
        for row in rows
        for ago, year in enumerate(reversed(YEARS[:-1]))
    ]
    told = shown(kind, [*rows, county, *before], WITH_FIVE_YEARS).iloc[: len(rows)]
    told = told.assign(true=[count for count, _ in tried], rounded=[float(NHS.rounded(np.array(count))) for count, _ in tried])
    for rounded, some in told.groupby("rounded"):
        low, high = (int(one[0]) for one in NHS.known_range(np.array([rounded])))
        assert set(some["true"]) == set(range(low, high + 1))
        assert len(some.drop(columns=["true", "rounded"]).drop_duplicates()) == 1, (rounded, some)


def test_the_value_and_two_limits_of_a_standardised_rate_do_not_give_its_count():
    """The inversion that found 8 of 156 totals exactly: of which count are Dobson's two limits, with the ratio of Byar's parts?"""
    counts = range(13, 200)
    rows = shown("dsr", [true_figure("dsr", count, POPULATION, area_code=f"X{count}") for count in counts])
    for count, row in zip(counts, rows.to_dict("records"), strict=True):
        low, high = (int(one[0]) for one in NHS.known_range(np.array([count])))
        above, below = row["upper_ci_95"] - row["value"], row["value"] - row["lower_ci_95"]
        misses = {}
        for one in range(max(low - 5, 8), high + 6):
            of_low, of_high = (float(limit) for limit in intervals.byar(one, intervals.Z["95"]))
            misses[one] = abs(above / below - (of_high - one) / (one - of_low))
        # The best guess is what was rounded, which is printed beside it.
        rounded = float(row["count"])
        assert misses[int(rounded)] <= 2 * 0.05 * (above + below) / below**2 * 2, count


def test_a_standardised_rate_that_may_stand_for_fewer_than_ten_is_not_shown():
    """Else whether there is one would say whether there were ten."""
    for count in (8, 9, 10, 12):
        row = shown("dsr", [true_figure("dsr", count, POPULATION)]).iloc[0]
        assert row["count"] == 10
        assert row[["value", "lower_ci_95", "upper_ci_998", "method", "trend"]].isna().all()
        assert (row["status"], row["comparison"]) == ("not_applicable", "not_compared")


def test_a_standardised_rate_is_that_of_its_rounded_count_with_limits_around_it():
    row = shown("dsr", [true_figure("dsr", 63, POPULATION)]).iloc[0]
    assert (row["count"], row["value"], row["method"]) == (65, 85.2, "dobson_byar")
    assert row["lower_ci_998"] < row["lower_ci_95"] < row["value"] < row["upper_ci_95"] < row["upper_ci_998"]
    low, high = (85.15 + 1.44 * (float(limit) - 65) for limit in intervals.byar(65, intervals.Z["95"]))
    assert row[["lower_ci_95", "upper_ci_95"]].tolist() == pytest.approx([low, high], abs=0.4)


def test_a_standardised_rate_of_an_unrounded_count_has_no_more_digits():
    """With all digits its value and limits are a sum of weights by age, of which ten events have hardly two."""
    definition = pd.DataFrame([{
        "indicator_id": "V00", "suppression_policy": "LVRN5", "value_type": "dsr", "population": "all", "multiplier": 1e5,
        "comparator_default": "LANCS-14",
    }])  # fmt: skip
    row = disclosure.decide(pd.DataFrame([true_figure("dsr", 63, POPULATION)]), definition, areas(), PERIODS).iloc[0]
    assert (row["count"], row["value"]) == (63, 82.5)
    numbers = row[["value", *(name for name in row.index if "_ci_" in name)]].astype(float)
    assert (numbers == numbers.round(1)).all()


def test_whether_a_rounded_count_has_a_value_is_asked_of_no_denominator():
    """A share of 28 to 32 is shown as of 30: were 30 the least with a value, its status would say on which side it lies."""
    rounded = [row for row in metadata.of_indicators() if policies.of_indicator(row["suppression_policy"]).rounding > 1]
    assert {row["indicator_id"] for row in rounded} > {"V16", "V18", "P01"}
    assert {row["min_denominator"] for row in rounded} == {1}


def test_a_comparison_is_of_the_rounded_figure_with_the_rounded_county():
    """Issue 16, A5: a count of 47 whose lower limit lies below the county's rate is shown as 45, and so are 43 to 47."""
    words = set()
    for count in range(43, 48):
        county = figure("LANCS-14", "2019/20", 402, 10 * POPULATION, method="byar", comparison="not_compared")
        row = true_figure("crude_rate", count, POPULATION, comparison="worse" if count > 45 else "similar")
        words.add(shown("crude_rate", [row, county | {"value": 47.9}]).iloc[0]["comparison"])
    assert words == {"similar"}


def test_a_trend_is_that_of_the_five_rounded_years():
    definition = pd.DataFrame([{
        "indicator_id": "V00", "suppression_policy": "NHS7", "value_type": "crude_rate", "population": "all", "multiplier": 1e5,
        "comparator_default": "LANCS-14",
    }])  # fmt: skip
    for counts, said, told in (
        ([50, 80, 110, 140, 170], "no_change", "increasing"),
        ([63, 64, 65, 66, 67], "increasing", "no_change"),
    ):
        rows = [true_figure("crude_rate", n, POPULATION, period_id=year, trend=said) for n, year in zip(counts, YEARS, strict=True)]
        decided = disclosure.decide(pd.DataFrame(rows), definition, areas(), WITH_FIVE_YEARS)
        assert decided["trend"].tolist() == [trends.UNKNOWN] * 4 + [told]


def test_the_trend_of_rounded_figures_is_worked_out_as_the_database_does(stats_db):
    dice = np.random.default_rng(16)
    for _ in range(60):
        values = np.round(dice.uniform(20, 60, 5) + np.arange(5) * dice.uniform(-15, 15), 1)
        widths = dice.uniform(1, 20, (2, 5))
        of = stats_db.execute(
            "select stats.recent_trend(%s, %s, %s)",
            [values.tolist(), (values - widths[0]).tolist(), (values + widths[1]).tolist()],
        )
        assert of.fetchone()[0] == trends.of_values(values, values - widths[0], values + widths[1])
        groups = dice.integers(1, 60, 5) * 5
        counts = np.minimum(dice.integers(0, 40, 5) * 5, groups)
        of = stats_db.execute("select stats.recent_trend_proportion(%s, %s)", [counts.tolist(), groups.tolist()])
        assert of.fetchone()[0] == trends.of_proportions(counts.astype(float), groups.astype(float))
