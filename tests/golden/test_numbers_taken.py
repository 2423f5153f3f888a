"""Which numbers the statistics take: integers, numeric, double precision and untyped ones alike, and none that is not finite."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import RaiseException

from tests.properties import examples

quick = examples(40)

# A call of every statistic, by its arguments: what each test below writes in every type there is.
CALLS: dict[str, list[str]] = {
    "beta_fraction": ["2", "3.5", "0.25"],
    "dsr": ["{4,8,3}", "{100,220.5,90}", "{5000,5500,5500}", "0.95"],
    "dsr_ci": ["28", "0.0125", "0.000025", "0.95"],
    "funnel_overdispersed_limits": ["0.5", "0.125", "2.5", "0.25", "0.95"],
    "funnel_proportion_limits": ["0.35", "120", "0.95"],
    "isr": ["28", "{100,220.5,90}", "{4,8,3}", "{50,60,70}", "0.95"],
    "isr_ci": ["28", "25.5", "0.95"],
    "laney": ["{10,14,6}", "{100,100.5,100}", "u"],
    "laney_limits": ["0.125", "1.5", "120", "u"],
    "mean_ci": ["8", "429.5", "26150.25", "0.95"],
    "mid_p": ["4", "1000.5", "9", "1200"],
    "newcombe_ci": ["12", "40", "8", "50", "0.95"],
    "normal_quantile": ["0.975"],
    "overdispersion": ["{-3,-1,0,1.5}", "{1,1,2,1.25}", "0.1"],
    "poisson_ci": ["28", "0.95"],
    "poisson_ci_method": ["28"],
    "poisson_mean": ["4", "0.025"],
    "quantiles": ["{4,1.5,3,2}", "2", "true"],
    "ratio_ci": ["28", "1000.5", "19", "1200", "0.95"],
    "recent_trend": ["{1,2,3,4,5}", "{0.5,1.5,2.5,3.5,4.5}", "{1.5,2.5,3.5,4.5,5.5}"],
    "recent_trend_chi_square": ["{1,2,3,4,5}", "{0.5,1.5,2.5,3.5,4.5}", "{1.5,2.5,3.5,4.5,5.5}"],
    "recent_trend_mark": ["20.5", "{1,2,3,4,5}", "{1,1,1,1,1.5}"],
    "recent_trend_proportion": ["{621,599,556,535,447}", "{3454,3195,3256,3227,3121}"],
    "recent_trend_proportion_chi_square": ["{621,599,556,535,447}", "{3454,3195,3256,3227,3121}"],
    "recent_trend_weights": ["{0.5,1.5,2.5,3.5,4.5}", "{1.5,2.5,3.5,4.5,5.5}"],
    "round_half_away": ["12.345", "1"],
    "sii": ["{100,200,150}", "{0.3,0.25,0.125}", "true"],
    "sii_ci": ["{100,200,150}", "{0.3,0.25,0.125}", "{0.1,0.1,0.2}", "0.95", "true", "10000"],
    "sii_draws": ["10000"],
    "sii_limits": ["{100,200,150}", "{0.3,0.25,0.125}", "{0.1,0.1,0.2}", "0.95", "logit", "{-1,0,1,0.5,-0.5,0}"],
    "sii_line": ["{100,200,150}", "{0.3,0.25,0.125}", "true"],
    "sii_logit": ["{100,200,150}", "{0.3,0.25,0.125}"],
    "sii_logit_ci": ["{100,200,150}", "{0.3,0.25,0.125}", "{0.1,0.1,0.2}", "0.95", "10000"],
    "sii_logits": ["{0.3,0.25,0.125}"],
    "spc_signals": ["{1,2,3.5,4}", "2.5", "0.25"],
    "student_t_quantile": ["0.975", "7"],
    "weighted_line": ["{1,2,3}", "{5,4,4.5}", "{1,1,2.5}"],
    "wilson_ci": ["12", "40", "0.95"],
}
NUMBERS = ("double precision", "numeric", "double precision[]", "numeric[]")


def declared(db) -> dict[str, list[tuple[list[str], list[str]]]]:
    """The names and the types of the arguments of every function in the schema, in each form that it has."""
    rows = db.execute(
        """
        select proname, proargnames[:pronargs], array(
            select format_type(argument.type, null)
            from unnest(proargtypes) with ordinality as argument (type, place) order by argument.place
        )
        from pg_proc where pronamespace = 'stats'::regnamespace
        """
    ).fetchall()
    forms: dict[str, list[tuple[list[str], list[str]]]] = {}
    for function, names, types in rows:
        forms.setdefault(function, []).append((names, types))
    return forms


def numbers_of(db, function: str) -> list[int]:
    return [place for place, type_ in enumerate(declared(db)[function][0][1]) if type_ in NUMBERS]


def call(db, function: str, arguments: list[str]):
    return db.execute(f"select * from stats.{function}({', '.join(arguments)})").fetchall()


def written(db, function: str, type_: str | None) -> list[str]:
    """The arguments of the call, its numbers of one type, or without any."""
    numbers = numbers_of(db, function)
    arguments = []
    for place, value in enumerate(CALLS[function]):
        cast = "" if type_ is None or place not in numbers else f"::{type_}[]" if value.startswith("{") else f"::{type_}"
        arguments.append(f"'{value}'{cast}")
    return arguments


def test_every_statistic_has_a_call_here(stats_db):
    assert set(CALLS) == set(declared(stats_db))


@pytest.mark.parametrize("function", CALLS)
def test_every_statistic_gives_the_same_for_double_precision_as_for_numeric(stats_db, function):
    """Issue 15, B8."""
    wanted = call(stats_db, function, written(stats_db, function, "numeric"))
    assert call(stats_db, function, written(stats_db, function, "double precision")) == wanted
    assert None not in wanted[0]


@pytest.mark.parametrize("function", CALLS)
def test_a_call_whose_numbers_have_no_type_is_not_ambiguous(stats_db, function):
    wanted = call(stats_db, function, written(stats_db, function, "numeric"))
    assert call(stats_db, function, written(stats_db, function, None)) == wanted
    # As they stand in a query: whole ones are integers, the others numeric.
    bare = [
        value if place in numbers_of(stats_db, function) and not value.startswith("{") else f"'{value}'"
        for place, value in enumerate(CALLS[function])
    ]
    assert call(stats_db, function, bare) == wanted


@pytest.mark.parametrize("function", CALLS)
def test_a_call_may_mix_double_precision_with_numeric(stats_db, function):
    floats, decimals = (written(stats_db, function, type_) for type_ in ("double precision", "numeric"))
    wanted = call(stats_db, function, decimals)
    for place in numbers_of(stats_db, function):
        assert call(stats_db, function, [*decimals[:place], floats[place], *decimals[place + 1 :]]) == wanted
        assert call(stats_db, function, [*floats[:place], decimals[place], *floats[place + 1 :]]) == wanted


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("type_", ["double precision", "numeric"])
@pytest.mark.parametrize("function", CALLS)
def test_what_is_not_a_finite_number_is_an_error_that_names_the_argument(stats_db, function, type_, odd):
    """Issue 15, B8."""
    names = declared(stats_db)[function][0][0]
    arguments = written(stats_db, function, type_)
    for place in numbers_of(stats_db, function):
        if "[]" in arguments[place]:
            given_ = f"'{{{odd},{CALLS[function][place].split(',', 1)[1]}'::{type_}[]"
        else:
            given_ = f"'{odd}'::{type_}"
        with pytest.raises(RaiseException) as refused:
            call(stats_db, function, [*arguments[:place], given_, *arguments[place + 1 :]])
        assert refused.value.diag.message_primary == (f"stats.{function} takes finite numbers, and its {names[place]} has {odd}")


def test_what_is_not_finite_is_an_error_even_where_something_else_is_not_known(stats_db):
    with pytest.raises(RaiseException, match=r"stats\.wilson_ci takes finite numbers, and its denominator has NaN"):
        stats_db.execute("select stats.wilson_ci(null, 'NaN', null)")


def test_both_forms_of_a_statistic_are_described_and_open_to_evaluators_and_to_nobody_else(stats_db):
    rows = stats_db.execute(
        """
        select oid::regprocedure::text, obj_description(oid, 'pg_proc') is not null,
            has_function_privilege('vrn_evaluator', oid, 'execute'), has_function_privilege('vrn_bi_reader', oid, 'execute')
        from pg_proc where pronamespace = 'stats'::regnamespace
        """
    ).fetchall()
    assert {row[1:] for row in rows} == {(True, True, False)}
    assert {"stats.poisson_ci(numeric,numeric)", "stats.poisson_ci(double precision,double precision)"} <= {row[0] for row in rows}


amounts = st.floats(0.01, 1e6)
counts = st.integers(0, 100_000)
levels = st.sampled_from([0.8, 0.95, 0.998])


def both(db, function: str, *arguments: float) -> None:
    floats = db.execute(f"select * from stats.{function}({', '.join(['%s::double precision'] * len(arguments))})", arguments)
    numerics = [Decimal(repr(one)) for one in arguments]
    assert (
        floats.fetchall()
        == db.execute(f"select * from stats.{function}({', '.join(['%s::numeric'] * len(arguments))})", numerics).fetchall()
    )


@quick
@given(data=st.data(), a=counts, b=counts, exposure_a=amounts, exposure_b=amounts, level=levels)
def test_any_numbers_give_the_same_in_either_type(stats_db, data, a, b, exposure_a, exposure_b, level):
    """Issue 15, B8."""
    x, y = data.draw(st.integers(0, a)), data.draw(st.integers(0, b))
    both(stats_db, "poisson_ci", a, level)
    both(stats_db, "poisson_ci_method", a)
    both(stats_db, "wilson_ci", x, a, level)
    both(stats_db, "newcombe_ci", x, a, y, b, level)
    both(stats_db, "ratio_ci", a, exposure_a, b, exposure_b, level)
    both(stats_db, "mid_p", a, exposure_a, b, exposure_b)
    both(stats_db, "isr_ci", a, exposure_a, level)
    both(stats_db, "dsr_ci", a, exposure_a, exposure_b, level)
    both(stats_db, "funnel_proportion_limits", 0.5, exposure_a, level)
    both(stats_db, "mean_ci", 2, exposure_a, exposure_a * exposure_a, level)
