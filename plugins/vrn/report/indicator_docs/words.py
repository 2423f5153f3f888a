"""The codes of the marts in words, and the formulas written out. A code without words here is an error and not a blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

# Short, for a table; then the explanation.
STATUSES: Mapping[str, tuple[str, str]] = {
    "ok": ("a figure", "Every delivery that is due came, and the figure rests on all of them. A zero here is a real zero."),
    "awaiting_feed": (
        "nothing was delivered",
        "A delivery is due and none came from any supplier. It is not known whether anything happened.",
    ),
    "refused": ("what was delivered was refused", "Only deliveries that broke a rule came; their suppliers were told which."),
    "incomplete": (
        "part of it was delivered",
        "Some deliveries that are due came and others did not, or too many events have no place to give areas.",
    ),
    "before_series": ("before the series begins", "The indicator is not expected for this period."),
    "no_denominator": (
        "nothing to divide by",
        "The count is there, but what it is divided by is not, or is zero: no rate or share exists.",
    ),
    "not_applicable": (
        "cannot be given",
        "The feed cannot say it of this area, there are fewer than ten events for a standardised rate, or a group that an "
        "inequality needs is empty.",
    ),
}

DOMAINS = {
    "violence": "Violence",
    "risk": "Risk and protective factors",
    "system": "Systems and services",
    "programme": "The network's programmes",
}

POLARITIES = {
    "low_is_good": "Low is good.",
    "high_is_good": "High is good.",
    "no_judgement": "Neither high nor low is good in itself: areas are called higher or lower, never better or worse.",
    "near_one": "Near 1 is good: 1 is parity.",
}

AREA_LEVELS = {
    "district": "districts",
    "police_division": "police divisions",
    "upper_tier": "upper-tier authorities",
    "county_14": "Lancashire-14 (the fourteen districts together)",
    "police_force": "the police force",
    "unplaced": "events outside Lancashire or without a known place",
    "country": "England",
    "hospital_site": "hospital sites",
    "none": "none",
}

PERIOD_TYPES = {
    "month": "months",
    "quarter": "financial quarters",
    "financial_year": "financial years",
    "academic_year": "academic years",
    "rolling_12_months": "rolling twelve months",
    "three_financial_years": "three financial years together",
}

BREAKDOWNS = {"age_band": "age", "sex": "sex", "ethnicity": "ethnicity", "imd_quintile": "deprivation (quintile of the IMD)"}

SUPPRESSION = {
    "LVRN5": "LVRN5: counts of 1 to 4 are not given, with everything that could be worked back to them; 0 is.",
    "NHS7": "NHS7: below England, counts of 1 to 7 are not given, 0 is, and others are rounded to the nearest 5.",
    "DfE": "DfE: counts of 1 to 5 are not given, nor percentages of fewer than 6 children or out of fewer than 10.",
    "none": "None: these figures say nothing of a person, or are published elsewhere.",
}

REACHES = {
    "same_month": "A delivery changes figures of its own months only.",
    "every_month": "A delivery can change figures of months outside its own period.",
}

VALUE_TYPES = {
    "crude_rate": "crude rate",
    "dsr": "directly age-standardised rate",
    "proportion": "proportion",
    "mean": "mean",
    "ratio": "ratio of two rates",
    "count": "count",
    "sii": "slope index of inequality",
}

COMPARISONS = {
    "better": "better",
    "worse": "worse",
    "similar": "similar",
    "lower": "lower",
    "higher": "higher",
    "not_compared": "not compared",
}

SIGNALS = {
    "outside_limits": "outside the control limits",
    "run": "eight or more in a row on one side of the centre",
    "trend": "six or more in a row that rise, or fall",
    "two_of_three": "two of three beyond two sigma",
}

TREND_WORDS = {
    "no_change": "no change",
    "cannot_be_calculated": "cannot be calculated (fewer than five years)",
}


@dataclass(frozen=True)
class Method:
    """How a value or its interval is made. lines: the formulas; where: what their letters are; source: whose method it is."""

    name: str
    lines: tuple[str, ...] = ()
    where: str = ""
    source: str = ""


def value_method(value_type: str, multiplier: Decimal) -> Method:
    """The formula of a value."""
    times = "" if multiplier == 1 else f" × {grouped(multiplier)}"
    methods = {
        "crude_rate": Method("Crude rate", (f"value = count ÷ denominator{times}",)),
        "proportion": Method("Proportion", (f"value = count ÷ denominator{times}",)),
        "mean": Method("Mean", (f"value = sum ÷ number{times}",)),
        "count": Method("Count", ("value = count",)),
        "dsr": Method(
            "Directly age-standardised rate",
            (f"value = Σ(wᵢ · Oᵢ ÷ nᵢ) ÷ Σ wᵢ{times}",),
            "Oᵢ events and nᵢ residents of the age band i, wᵢ its weight in the European Standard Population 2013 (19 bands). "
            "Not given with fewer than 10 events.",
            "Office for Health Improvement and Disparities, PHEindicatormethods",
        ),
        "ratio": Method(
            "Ratio of two rates",
            ("value = (a ÷ nₐ) ÷ (b ÷ n_b)",),
            "a events of the group in question and nₐ its residents, b events and n_b residents of the group it is compared with.",
        ),
        "sii": Method(
            "Slope index of inequality",
            (f"value = rate at the most deprived end − rate at the least deprived end{times and ', both' + times}",),
            "Both ends are on a line through the logarithms of the rates of the five quintiles, each at the middle of its share "
            "of the population and weighted by it. Positive means more where deprivation is greater.",
            "Low and Low, Journal of Public Health 26, 2004; PHE phe_sii",
        ),
    }
    return methods[value_type]


INTERVALS: Mapping[str, Method] = {
    "poisson": Method(
        "Poisson limits of the count, divided and multiplied as the value is: exact below 10 events, Byar's from 10 on",
        (
            "below 10: L = χ²(α/2; 2O) ÷ 2, U = χ²(1 − α/2; 2O + 2) ÷ 2; L = 0 when O = 0",
            "from 10 on: L = O · (1 − 1/(9O) − z/(3√O))³",
            "U = (O + 1) · (1 − 1/(9(O + 1)) + z/(3√(O + 1)))³",
        ),
        "O the count, α = 0.05 and z = 1.96 for the 95 % interval.",
        "Breslow and Day 1987; PHE Technical Guide, Confidence Intervals",
    ),
    "wilson": Method(
        "Wilson's score interval",
        ("L, U = (2x + z² ∓ z · √(z² + 4x · (1 − x/n))) ÷ (2 · (n + z²))",),
        "x the count, n the denominator, z = 1.96 for the 95 % interval; multiplied as the value is.",
        "Wilson 1927; Newcombe 1998; PHE Technical Guide, Confidence Intervals",
    ),
    "dobson_byar": Method(
        "Dobson's method with Byar's limits",
        (
            "L = value + √(variance ÷ O) · (Byar L(O) − O), U = value + √(variance ÷ O) · (Byar U(O) − O)",
            "variance = Σ(Oᵢ · (wᵢ ÷ nᵢ)²) ÷ (Σ wᵢ)²",
        ),
        "O all events; the other letters as in the value. Byar L(O) = O · (1 − 1/(9O) − z/(3√O))³, "
        "Byar U(O) = (O + 1) · (1 − 1/(9(O + 1)) + z/(3√(O + 1)))³.",
        "Dobson and others, Statistics in Medicine 10, 1991; PHE Technical Guide, Confidence Intervals",
    ),
    "student_t": Method(
        "Student's t",
        ("L, U = mean ∓ t(n − 1) · s ÷ √n",),
        "n the denominator, s the standard deviation. None with fewer than two.",
        "Student 1908; PHE Technical Guide, Confidence Intervals",
    ),
    "log_ratio": Method(
        "Limits of the logarithm of the ratio",
        ("L, U = exp(ln(value) ∓ z · √(1/a + 1/b))",),
        "a and b the events of the two groups, z = 1.96 for the 95 % interval. None when either is 0.",
        "Rothman, Greenland and Lash, Modern Epidemiology, 3rd edition, chapter 14",
    ),
    "simulation": Method(
        "Simulation",
        ("L, U = the 2.5th and the 97.5th percentile of the index over at least 10,000 draws",),
        "In each draw the logarithm of each quintile's rate varies normally with the standard error 1/√events. The draws are "
        "fixed points, so the same figures always have the same limits.",
        "Low and Low 2004; PHE phe_sii",
    ),
    "none": Method("No interval is given: the figure is of all there were, or its variation is not known"),
}


def listed(items: Iterable[str]) -> str:
    """a, b and c."""
    *first, last = list(items) or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def status(code: str, meta: Mapping) -> str:
    """Why there is no figure. Where figures by area rest on places, too few places make them incomplete as well."""
    words = STATUSES[code][0]
    return f"{words}, or too much of it has no place" if code == "incomplete" and meta["max_unlocated_share"] < 1 else words


def trend(code: str) -> str:
    """The recent trend in words; those of direction read as they are."""
    return TREND_WORDS.get(code, code.replace("_", " "))


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def grouped(number: Decimal | float, decimals: int = 0) -> str:
    """A number with thousands apart, rounded half away from zero as figures are everywhere here."""
    exact = Decimal(str(number)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(exact):,.{decimals}f}"
    return f"−{text}" if exact < 0 else text


def decimals_for(values: Iterable[float]) -> int:
    """How many decimals tell figures of this size apart; none where all are whole, as counts are."""
    sizes = [abs(value) for value in values]
    largest = max(sizes, default=0)
    if all(float(size).is_integer() for size in sizes):
        return 0
    return 3 if largest < 1 else 2 if largest < 20 else 1 if largest < 1000 else 0
