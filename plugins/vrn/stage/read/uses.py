"""Which tolerances the reading of a delivery made use of, for the sentence that its supplier reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from vrn.feeds.reading import TOLERANCES

# So many uses are said one by one.
MOST_SAID = 3


@dataclass
class _Use:
    times: int = 0
    name: str = ""
    columns: set[str] = field(default_factory=set)


@dataclass
class Uses:
    """What of a delivery was read although it is not as agreed, and the columns in which numbers are withheld."""

    made: dict[str, _Use] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)

    def add(self, tolerance: str, *, times: int = 1, column: str | None = None, name: str = "") -> None:
        """Note a use of a tolerance: how often, in which of our columns, or by which name."""
        use = self.made.setdefault(tolerance, _Use())
        use.times, use.name = use.times + times, name or use.name
        use.columns |= {column} if column else set()

    @property
    def sentence(self) -> str | None:
        """What the supplier reads; None where the delivery is as agreed."""
        if not self.made:
            return None
        said = [_said(tolerance, use) for tolerance, use in self.made.items()]
        more = f"; and {len(said) - MOST_SAID} more" if len(said) > MOST_SAID else ""
        return f"Read with {'; '.join(said[:MOST_SAID])}{more}. The rows serve. Send the file as agreed next time."


def _said(tolerance: str, use: _Use) -> str:
    said = TOLERANCES[tolerance].format(use.name or f"{use.times:,}")
    names = sorted(use.columns)
    more = f" and {len(names) - MOST_SAID} more" if len(names) > MOST_SAID else ""
    return f"{said} (in {', '.join(names[:MOST_SAID])}{more})" if names else said
