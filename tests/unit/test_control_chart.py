"""The control charts (issue 15, B6): where there are limits, what they rest on, and what a missing month ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

Months = dict[str, dict]


def months(first: str, count: int) -> list[str]:
    year, month = map(int, first.split("-"))
    return [f"{year + (month - 1 + n) // 12}-{(month - 1 + n) % 12 + 1:02d}" for n in range(count)]


def by_turns(count: int) -> list[float]:
    return [9.0 if n % 2 == 0 else 11.0 for n in range(count)]


# Every series begins in April 2018; None is a month without a figure.
SERIES: dict[str, tuple[str, Sequence[float | None]]] = {
    "eleven": ("count", [16.0] * 11),
    "twenty-three": ("count", [16.0] * 23),
    "later": ("count", [16.0] * 24 + [100.0]),
    "lockdown": ("count", [16.0] * 23 + [0.0] * 5 + [16.0, 100.0]),
    "break": ("count", [16.0] * 7 + [100.0, 100.0] + [16.0] * 14),
    "lasting": ("count", [16.0] * 7 + [25.0] * 24),
    # The months on either side of the missing one are both 11: a move over it would be one of 0.
    "gap": ("mean", [*by_turns(12), None, *by_turns(13)[1:], *[10.5] * 4, None, *[10.5] * 8]),
    "moves": ("mean", [*by_turns(23), *[30.0] * 5, 11.0]),
    "nobody": ("crude_rate", [10.0] * 25),
    "never": ("count", [0.0] * 24 + [1.0]),
    "drift": ("count", [100.0] * 6 + [16.0] * 24),
}
EVENTS = (
    ("lockdown-1", "context", date(2020, 3, 23), date(2020, 7, 3), ("lockdown", "moves")),
    ("recording-system", "break", date(2018, 11, 1), date(2018, 12, 31), ("break",)),
    ("recording-completeness", "drift", date(2017, 4, 1), date(2018, 9, 30), ("drift",)),
    ("other-hospitals", "break", date(2018, 11, 1), None, ("lasting",)),
)


@pytest.fixture(scope="module")
def charts(built_server, tmp_path_factory) -> Iterator[dict[str, Months]]:
    """The rows of the model for each of the series, by month."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("charts"), patch, "built") as settings,
        connect(settings, OWNER, autocommit=True) as connection,
    ):
        _write(connection)
        done = dbt.invoke(settings, ["--quiet", "run", "--select", "fct_indicator_control_chart"])
        assert done.success, done.exception
        found: dict[str, Months] = {}
        for row in connection.execute("select * from marts.fct_indicator_control_chart order by month_on"):
            found.setdefault(row["indicator_id"], {})[row["period_id"]] = row
        yield found


def _write(connection) -> None:
    connection.execute(
        "truncate marts.fct_indicator_value, marts.dim_indicator, marts.dim_period, marts.fct_indicator_annotation, "
        "marts.dim_annotation"
    )
    connection.execute(
        "insert into marts.dim_period (period_id, period_type, start_on) select to_char(day, 'YYYY-MM'), 'month', day "
        "from generate_series(date '2018-04-01', date '2022-03-01', interval '1 month') as day"
    )
    for name, (value_type, values) in SERIES.items():
        multiplier = 1000 if value_type == "crude_rate" else 1
        connection.execute("insert into marts.dim_indicator (indicator_id, multiplier, value_type) values (%s, %s, %s)",
                           [name, multiplier, value_type])  # fmt: skip
        for month, value in zip(months("2018-04", len(values)), values, strict=True):
            # In the last month of this one there is nobody to whom it could have happened.
            people = 10_000 if value_type == "crude_rate" and month != "2020-04" else None
            connection.execute(
                "insert into marts.fct_indicator_value (indicator_id, area_code, period_id, sex, age_band, ethnicity, "
                "imd_quintile, status, value, numerator, denominator, is_synthetic) "
                "values (%s, 'LANCS-14', %s, 'all', 'all', 'all', 'all', %s, %s, %s, %s, false)",
                [name, month, "awaiting_feed" if value is None else "ok", value, value and value * 10, people],
            )
    for annotation_id, kind, starts_on, ends_on, touched in EVENTS:
        connection.execute("insert into marts.dim_annotation (annotation_id, kind, starts_on, ends_on) values (%s, %s, %s, %s)",
                           [annotation_id, kind, starts_on, ends_on])  # fmt: skip
        for name in touched:
            connection.execute("insert into marts.fct_indicator_annotation (indicator_id, period_id, annotation_id) "
                               "values (%s, %s, %s)", [name, f"{starts_on:%Y-%m}", annotation_id])  # fmt: skip


def column(chart: Months, name: str) -> list:
    return [row[name] for row in chart.values()]


def limits(row: dict) -> tuple:
    return row["lower_limit"], row["centre"], row["upper_limit"]


def test_eleven_months_have_no_baseline_and_no_limits_and_say_so(charts):
    chart = charts["eleven"]
    assert {limits(row) for row in chart.values()} == {(None, None, None)}
    assert set(column(chart, "baseline_status")) == {"none"}
    assert set(column(chart, "baseline_month_count")) == {11}


def test_a_month_with_nobody_to_count_events_by_has_a_centre_and_no_limit_of_nought(charts):
    chart = charts["nobody"]
    assert limits(chart["2020-03"]) == pytest.approx((7, 10, 13))
    assert limits(chart["2020-04"]) == (None, 10, None)


def test_the_limits_of_fewer_than_twenty_four_months_are_provisional_and_say_so(charts):
    chart = charts["twenty-three"]
    assert {limits(row) for row in chart.values()} == {(4, 16, 28)}
    assert set(column(chart, "baseline_status")) == {"provisional"}
    assert set(column(chart, "baseline_month_count")) == {23}


def test_a_month_after_the_twenty_fourth_is_judged_by_the_baseline_and_does_not_move_it(charts):
    chart = charts["later"]
    assert {limits(row) for row in chart.values()} == {(4, 16, 28)}
    assert column(chart, "is_in_baseline") == [True] * 24 + [False]
    assert set(column(chart, "baseline_status")) == {"frozen"}
    assert column(chart, "signal") == [None] * 24 + ["outside_limits"]


def test_what_never_happened_in_the_baseline_signals_when_it_does(charts):
    chart = charts["never"]
    assert {limits(row)[1:] for row in chart.values()} == {(0, 0)}
    assert column(chart, "signal") == [None] * 24 + ["outside_limits"]


def test_the_months_in_which_recording_drifts_are_no_part_of_the_baseline(charts):
    chart = charts["drift"]
    assert column(chart, "is_in_baseline") == [False] * 6 + [True] * 24
    assert {limits(row) for row in chart.values()} == {(4, 16, 28)}
    assert {row["phase"] for row in chart.values()} == {0}


def test_the_months_of_a_lockdown_are_judged_and_are_no_part_of_the_baseline(charts):
    chart = charts["lockdown"]
    assert {limits(row) for row in chart.values()} == {(4, 16, 28)}
    assert [month for month, row in chart.items() if not row["is_in_baseline"]] == [*months("2020-03", 5), "2020-09"]
    assert set(column(chart, "baseline_month_count")) == {24}
    assert [month for month, row in chart.items() if row["signal"] == "outside_limits"] == [*months("2020-03", 5), "2020-09"]


def test_a_break_that_ended_begins_a_phase_whose_baseline_leaves_its_months_out(charts):
    chart = charts["break"]
    assert column(chart, "phase") == [0] * 7 + [1] * 16
    assert column(chart, "baseline_status") == ["none"] * 7 + ["provisional"] * 16
    assert column(chart, "is_in_baseline") == [True] * 7 + [False] * 2 + [True] * 14
    assert {limits(row) for month, row in chart.items() if month >= "2018-11"} == {(4, 16, 28)}


def test_a_break_that_lasts_begins_a_phase_of_which_every_month_is_a_measure(charts):
    chart = charts["lasting"]
    assert column(chart, "phase") == [0] * 7 + [1] * 24
    assert {limits(row) for month, row in chart.items() if month >= "2018-11"} == {(10, 25, 40)}
    assert set(column(chart, "baseline_month_count")) == {7, 24}


def test_no_moving_range_reaches_over_a_missing_month(charts):
    chart = charts["gap"]
    assert chart["2018-04"]["lower_natural_limit"] == pytest.approx(10 - 2.66 * 2)
    assert chart["2018-04"]["upper_natural_limit"] == pytest.approx(10 + 2.66 * 2)


def test_no_moving_range_reaches_into_a_lockdown_or_over_it(charts):
    chart = charts["moves"]
    assert set(column(chart, "baseline_month_count")) == {24}
    mean = (9 * 12 + 11 * 12) / 24
    assert chart["2018-04"]["upper_natural_limit"] == pytest.approx(mean + 2.66 * 2)


def test_a_run_does_not_span_a_missing_month(charts):
    """Four months above the centre, none, and eight: with the gap bridged the signal would stand in the fourth of the eight."""
    chart = charts["gap"]
    assert "2020-09" not in chart
    assert {month: row["signal"] for month, row in chart.items() if row["signal"]} == {"2021-05": "run"}
