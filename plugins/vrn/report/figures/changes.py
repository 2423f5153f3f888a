"""Since a year earlier: by how much a published figure moved, and whether by more than chance, as publish says it."""

from __future__ import annotations

from dataclasses import dataclass

from vrn.report.figures import told
from vrn.report.figures.numbers import grouped
from vrn.report.figures.subject import Figure, Subject

PERCENT = "%"


@dataclass(frozen=True)
class Change:
    """percent: of the earlier value, None where that is 0 or beyond a break; points: of two shares in per cent, else None.

    code: better, worse, higher or lower where it is more than chance, similar where it is not, not_compared where it is not tested.
    is_divided: across a change of the series.
    """

    figure: Figure
    percent: float | None
    points: float | None
    code: str
    is_divided: bool

    @property
    def direction(self) -> int | None:
        """1 up, -1 down, 0 not clearly either; None where it is not tested."""
        if self.code == "not_compared":
            return None
        if self.code == "similar":
            return 0
        return 1 if self.figure.value > self.figure.earlier_value else -1


def of(subject: Subject, figure: Figure | None) -> Change | None:
    """The change of a figure since its period a year earlier; None where either is not published, or where the two overlap."""
    if figure is None or figure.status != "ok" or figure.earlier_value is None:
        return None
    is_share = subject.meta["unit"].startswith(PERCENT) and subject.meta["value_type"] == "proportion"
    return Change(
        figure=figure,
        percent=figure.change_percent,
        points=figure.value - figure.earlier_value if is_share and figure.change_percent is not None else None,
        code=figure.change_comparison,
        is_divided=told.is_divided(subject, figure, "changed"),
    )


def latest(subject: Subject, shown: Figure | None, newer: Figure | None) -> Change | None:
    """The change of the figure that is shown; where it is not known, or beyond a break, that of a newer one if that can be said."""
    found = [change for change in (of(subject, shown), of(subject, newer)) if change is not None]
    return next((change for change in found if change.percent is not None or not change.is_divided), found[0] if found else None)


def words(change: Change | None) -> dict[str, str]:
    """How a change is written: its number, what it means, and its sign; empty without one."""
    if change is None:
        return {"code": "none", "sign": "", "number": "", "words": "not known", "period": ""}
    if change.points is not None:
        number = f"{_signed(change.points, 1)} points"
    elif change.percent is not None:
        number = f"{_signed(change.percent, 0 if abs(change.percent) >= 10 else 1)} %"
    elif not change.figure.earlier_value:
        number = f"from 0 to {grouped(change.figure.value, told.decimals_of([change.figure]))}"
    else:
        number = "not compared"
    meaning = {"similar": "not clear", "not_compared": "not tested"}.get(change.code, change.code)
    if change.is_divided:
        meaning = "across a change of the series" if change.code == "not_compared" else f"{meaning}, across a change of the series"
    sign = {1: "up", -1: "down", 0: "level", None: ""}[change.direction]
    return {"code": change.code, "sign": sign, "number": number, "words": meaning, "period": change.figure.period.period_label}


def _signed(number: float, decimals: int) -> str:
    text = grouped(number, decimals)
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"
