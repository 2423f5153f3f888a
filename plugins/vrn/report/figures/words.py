"""The codes of marts and publish in words. A code without words here is an error and not a blank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
        "Some deliveries that are due came and others did not, too many events have no place to give areas, or nothing was counted "
        "and rows were set aside that may be something.",
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

# As a figure may be published.
PUBLISHED_STATUSES: Mapping[str, tuple[str, str]] = {
    "ok": STATUSES["ok"],
    "suppressed": (
        "hidden to protect people",
        "The figure is known and is not shown: it is small, or a small one could be worked out from it. It is not a zero.",
    ),
    **{code: texts for code, texts in STATUSES.items() if code != "ok"},
}

# Behind a number of areas that have no published figure, for one reason: nobody delivered is not the same as cannot be given.
AREAS_WITHOUT: Mapping[str, str] = {
    "suppressed": "hidden",
    "awaiting_feed": "with no delivery",
    "refused": "with a refused delivery",
    "incomplete": "incomplete",
    "before_series": "before the series begins",
    "no_denominator": "with nothing to divide by",
    "not_applicable": "cannot be given",
}

DOMAINS = {
    "violence": "Violence",
    "risk": "Risk and protective factors",
    "system": "Systems and services",
    "programme": "The network's programmes",
}

# What an event does to a series, before its days.
EVENTS = {"break": "Break in the series, ", "drift": "Gradual change of the series, ", "context": ""}
# Behind a change or a trend that has one of the first two within it.
DIVIDED = ", across a change of the series"

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

# By whether an indicator is made of open feeds alone.
LICENCES = {
    True: "Open Government Licence v3.0.",
    False: "Made of data shared under agreements: use the figures as published, and ask before passing them on as data.",
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

# Code: sign and words. The sign never stands alone.
TRENDS: Mapping[str, tuple[str, str]] = {
    "increasing": ("up", "going up"),
    "decreasing": ("down", "going down"),
    "increasing_and_getting_better": ("up", "going up: getting better"),
    "increasing_and_getting_worse": ("up", "going up: getting worse"),
    "decreasing_and_getting_better": ("down", "going down: getting better"),
    "decreasing_and_getting_worse": ("down", "going down: getting worse"),
    "no_change": ("level", "no clear change"),
    "cannot_be_calculated": ("", "too few years to tell"),
}

FEED_STATUSES: Mapping[str, tuple[str, str]] = {
    "up_to_date": ("up to date", "The latest period that is due has come."),
    "late": ("late", "A delivery is due and has not come. Figures that need it are missing, and are not zero."),
    "never_came": ("nothing ever came", "A delivery was expected and none has ever been accepted."),
    "ended": ("ended", "The supplier sends no more. What it owed and did not send shows in the figures."),
    "not_expected": ("not expected", "The supplier may deliver and is not expected to."),
}

AREA_TYPES: Mapping[str, tuple[str, str]] = {
    "county_14": ("The county", "Lancashire-14 is the fourteen districts together."),
    "police_force": ("The police force", "With what happened elsewhere or at a place that nobody knows."),
    "upper_tier": (
        "Upper-tier authorities",
        "Blackburn with Darwen and Blackpool are districts and upper-tier authorities.",
    ),
    "police_division": ("Police divisions", ""),
    "district": ("Districts", ""),
    "hospital_site": ("Hospital sites", ""),
}

GROUPS = {"all": "all", "unknown": "not known", "not_stated": "not stated", "female": "female", "male": "male"}

FUNNEL_POSITIONS = {
    "high_998": "above the 99.8 % limit",
    "high_95": "above the 95 % limit",
    "within": "within the limits",
    "low_95": "below the 95 % limit",
    "low_998": "below the 99.8 % limit",
}


def status(code: str, meta: Mapping[str, Any]) -> str:
    """Why there is no figure. Where figures by area rest on places, too few places make them incomplete as well."""
    words = PUBLISHED_STATUSES[code][0]
    return f"{words}, or too much of it has no place" if code == "incomplete" and meta.get("max_unlocated_share", 1) < 1 else words


def missing(code: str, meta: Mapping[str, Any]) -> str:
    """In place of a figure. What is hidden has a figure, which nobody is shown."""
    return status(code, meta) if code == "suppressed" else f"no figure: {status(code, meta)}"


def group(breakdown: str, name: str) -> str:
    if breakdown == "imd_quintile" and name.isdigit():
        return f"quintile {name}" + {"1": " (most deprived)", "5": " (least deprived)"}.get(name, "")
    return GROUPS.get(name, name.replace("_", " "))
