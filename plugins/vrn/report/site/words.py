"""The site's words where they are not those of the evaluators' pages, and the signs that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping

from vrn.report.indicator_docs import words

STATUSES: Mapping[str, tuple[str, str]] = {
    "ok": words.STATUSES["ok"],
    "suppressed": (
        "hidden to protect people",
        "The figure is known and is not shown: it is small, or a small one could be worked out from it. It is not a zero.",
    ),
    **{code: texts for code, texts in words.STATUSES.items() if code != "ok"},
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

FEED_STATUSES: Mapping[str, str] = {
    "up_to_date": "up to date",
    "late": "late",
    "never_came": "nothing ever came",
    "not_expected": "not expected",
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

FEEDS_EXPLAINED = {
    "up to date": "All that is due has come.",
    "late": "A delivery is due and has not come. Figures that need it are missing, and are not zero.",
    "nothing ever came": "A delivery was expected and none has ever been accepted.",
    "not expected": "The supplier may deliver and is not expected to.",
}

GROUPS = {"all": "all", "unknown": "not known", "not_stated": "not stated", "female": "female", "male": "male"}

FUNNEL_POSITIONS = {
    "high_998": "above the 99.8 % limit",
    "high_95": "above the 95 % limit",
    "within": "within the limits",
    "low_95": "below the 95 % limit",
    "low_998": "below the 99.8 % limit",
}


def missing(status: str) -> str:
    """In place of a figure. What is hidden has a figure, which nobody is shown."""
    return STATUSES[status][0] if status == "suppressed" else f"no figure: {STATUSES[status][0]}"


def group(breakdown: str, name: str) -> str:
    if breakdown == "imd_quintile" and name.isdigit():
        return f"quintile {name}" + {"1": " (most deprived)", "5": " (least deprived)"}.get(name, "")
    return GROUPS.get(name, name.replace("_", " "))


def counted(number: int, one: str, many: str) -> str:
    return f"{words.grouped(number)} {one if number == 1 else many}"
