"""The funnel: districts by size, with the limits within which one that is like the county would lie.

Of a proportion the limits are z standard errors, √(p(1-p)/n), on either side, as stats.funnel_proportion_limits has them. Of a
rate they are the values whose own Byar interval just reaches the county's value: outside them is where an area's interval
leaves the county out.
Source: Spiegelhalter 2005; PHE Technical Guide, Confidence Intervals; Breslow and Day 1987.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, log10, sqrt

from vrn.publish import intervals
from vrn.report.figures.series import Comparison
from vrn.report.figures.subject import Figure, Subject

KINDS = ("crude_rate", "proportion")
FEWEST = 4
STEPS = 60
# Points of size and value.
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Funnel:
    """points: the areas drawn; curves: each limit by its name, such as high_95; county: the value in the middle."""

    points: tuple[Figure, ...]
    curves: tuple[tuple[str, Curve], ...]
    county: float
    largest: float


def of(subject: Subject, compared: Comparison | None) -> Funnel | None:
    """None where a funnel says nothing: other kinds of value, no county, or too few areas."""
    if compared is None or compared.county is None or subject.meta["value_type"] not in KINDS:
        return None
    points = tuple(f for f in compared.with_figure if f.denominator)
    if len(points) < FEWEST or compared.county.value is None or subject.meta["ci_method"] == "none":
        return None
    limits = _limits(subject, compared.county.value)
    largest = max(f.denominator for f in points) * 1.08
    smallest = min(f.denominator for f in points) * 0.6
    sizes = [smallest + (largest - smallest) * step / STEPS for step in range(STEPS + 1)]
    curves = tuple(
        (f"{side}_{level}", tuple((size, limits(size, z)[place]) for size in sizes))
        for level, z in intervals.Z.items()
        for place, side in enumerate(("low", "high"))
    )
    return Funnel(points, curves, compared.county.value, largest)


def position(subject: Subject, figure: Figure, county: float) -> str:
    """Where an area lies, as marts.fct_indicator_funnel says it."""
    if subject.meta["value_type"] == "proportion":
        limits = _limits(subject, county)
        for level in ("998", "95"):
            low, high = limits(figure.denominator, intervals.Z[level])
            if figure.value > high or figure.value < low:
                return f"{'high' if figure.value > high else 'low'}_{level}"
        return "within"
    for level, lower, upper in (("998", figure.lower_998, figure.upper_998), ("95", figure.lower, figure.upper)):
        if lower is not None and lower > county:
            return f"high_{level}"
        if upper is not None and upper < county:
            return f"low_{level}"
    return "within"


def ticks(highest: float, most: int) -> list[float]:
    """Round numbers from 0 up to the highest."""
    raw = highest / most
    power = 10 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return [place * step for place in range(int(highest / step + 1e-9) + 1)]


def _limits(subject: Subject, county: float) -> Callable[[float, float], tuple[float, float]]:
    multiplier = float(subject.meta["multiplier"])

    def proportion(size: float, z: float) -> tuple[float, float]:
        p = county / multiplier
        half = z * sqrt(max(p * (1 - p), 0) / size)
        return max(p - half, 0) * multiplier, min(p + half, 1) * multiplier

    def rate(size: float, z: float) -> tuple[float, float]:
        expected = county * size / multiplier
        low = _solved(lambda events: float(intervals.byar_upper(events, z)), expected)
        high = _solved(lambda events: float(intervals.byar_lower(events, z)), expected)
        return low * multiplier / size, high * multiplier / size

    return proportion if subject.meta["value_type"] == "proportion" else rate


def _solved(limit: Callable[[float], float], expected: float) -> float:
    """The number of events whose limit is what is expected; 0 where even none is not below it."""
    low, high = 0.0, expected + 20 * sqrt(expected) + 50
    if limit(low) >= expected:
        return low
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if limit(middle) < expected else (low, middle)
    return (low + high) / 2
