"""The formulas of values and of their intervals, written out for pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from vrn.report.figures.numbers import grouped


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
    "none": Method(
        "No interval is given: the figure is of all there were, its variation is not known, or limits would tell of persons"
    ),
}
