"""Numbers, days and lists as they are written on pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal


def grouped(number: Decimal | float, decimals: int = 0) -> str:
    """A number with thousands apart, rounded half away from zero as figures are everywhere here."""
    exact = Decimal(str(number)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(exact):,.{decimals}f}"
    return f"−{text}" if exact < 0 else text


def decimals_for(values: Iterable[float]) -> int:
    """How many decimals tell figures of this size apart."""
    largest = max((abs(value) for value in values), default=0)
    return 3 if largest < 1 else 2 if largest < 20 else 1 if largest < 1000 else 0


def counted(number: int, one: str, many: str) -> str:
    return f"{grouped(number)} {one if number == 1 else many}"


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def listed(items: Iterable[str]) -> str:
    """a, b and c."""
    *first, last = list(items) or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
