"""What a release would change, in words, before it is made; and for which changes somebody has to give a reason.

Everything is said of figures as readers see them (vrn.publish.changes), so that the text may be passed on to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from vrn.publish.changes import HIDDEN, SHOWN, Changes, Figure
from vrn.settings import Settings

# How many figures are named one by one; of the others the text says how many there are.
NAMED = 20


def concerns(changes: Changes, settings: Settings) -> list[str]:
    """The sentences for which a release needs a reason; none where nothing passes a threshold of the settings.

    What vanishes always needs one. Of the figures that the last release shows, so many percent (release_share_percent) may move by
    more than release_move_percent, and so many may become hidden or go.
    """
    said = [
        f"{_number(gone, what)} of the last release {'is' if len(gone) == 1 else 'are'} no more: "
        f"{', '.join(f'{code} ({name})' for code, name in gone)}."
        for what, gone in (("indicator", changes.indicators_gone), ("area", changes.areas_gone))
        if gone
    ]
    before, limit = changes.shown_before, settings.release_share_percent
    moved = changes.moved(settings.release_move_percent)
    lost = [*changes.between(SHOWN, HIDDEN), *changes.between(SHOWN, None)]
    for found, verb in ((moved, f"move by more than {settings.release_move_percent} %"), (lost, "become hidden or go")):
        if before and len(found) * 100 > limit * before:
            said.append(
                f"{len(found):,} of the {before:,} figures that the last release shows {verb}: "
                f"{100 * len(found) / before:.1f} %, and up to {limit} % needs no reason."
            )
    return said


def text(changes: Changes, settings: Settings) -> str:
    """The preview, as lines: counts of what changes, why, and figures by name."""
    return "\n".join(_lines(changes, settings))


def _lines(changes: Changes, settings: Settings) -> Iterator[str]:
    changed = [one for one in changes.between(SHOWN, SHOWN) if one.move]
    parts = {
        f"move, of {changes.shown_in_both:,} that stay": changed,
        "are new": changes.between(None, SHOWN),
        "are shown that were hidden": changes.between(HIDDEN, SHOWN),
        "become hidden": changes.between(SHOWN, HIDDEN),
        "are no more": changes.between(SHOWN, None),
        "come and are hidden": changes.between(None, HIDDEN),
    }
    yield f"Against the release {changes.earlier}, which shows {changes.shown_before:,} figures:"
    for meaning, figures in parts.items():
        yield f"  {len(figures):>8,} {meaning}{_by_indicator(figures)}"
    yield from _because(changes)
    percent = settings.release_move_percent
    moved = changes.moved(percent)
    yield from _named(f"Figures that move by more than {percent} %, the furthest first", moved, _move)
    for title, gone in (("Indicators", changes.indicators_gone), ("Areas", changes.areas_gone)):
        if gone:
            yield f"{title} that are no more: {', '.join(f'{code} ({name})' for code, name in gone)}"
    for meaning in ("become hidden", "are shown that were hidden", "are no more"):
        yield from _named(f"Figures that {meaning}", parts[meaning], _place)
    needed = concerns(changes, settings)
    yield "The release needs a reason (make release REASON=…):" if needed else "The release needs no reason."
    yield from (f"  {sentence}" for sentence in needed)


def _because(changes: Changes) -> Iterator[str]:
    """Each delivery that came or went, and how many of the figures that are shown and move rest on it; then other causes."""
    seen = [one for one in changes.figures if SHOWN in (one.earlier_state, one.later_state)]
    resting = Counter(submission for one in seen for submission in one.because)
    yield "Because of:"
    for one in changes.deliveries:
        verb = "came" if one.is_later else "serves no more"
        yield f"  delivery {one.submission_id} {verb} ({one.said}): {_number(resting[one.submission_id], 'figure')}"
    for found, what in (
        ([one for one in seen if one.is_population_changed], "residents that changed"),
        ([one for one in seen if one.is_defined_anew], "definitions that changed"),
        (
            [one for one in seen if not (one.because or one.is_population_changed or one.is_defined_anew)],
            "neither: the code, the boundaries, or disclosure control",
        ),
    ):
        if found:
            yield f"  {what}: {_number(len(found), 'figure')}{_by_indicator(found)}"


def _named(title: str, figures: list[Figure], say) -> Iterator[str]:
    if figures:
        yield f"{title} ({len(figures):,}):"
        yield from (f"  {say(one)}" for one in figures[:NAMED])
        if len(figures) > NAMED:
            yield f"  and {len(figures) - NAMED:,} more"


def _move(figure: Figure) -> str:
    share = "from zero" if figure.move == float("inf") else f"{100 * (figure.later - figure.earlier) / abs(figure.earlier):+.1f} %"
    return f"{_place(figure)}: {figure.earlier:,.6g} to {figure.later:,.6g} ({share})"


def _place(figure: Figure) -> str:
    indicator, area, period, *cell = figure.key
    groups = [one for one in cell if one != "all"]
    return " ".join([indicator, area, period, *groups])


def _by_indicator(figures: Iterable[Figure]) -> str:
    found = Counter(one.key[0] for one in figures)
    if not found:
        return ""
    named = [f"{indicator} {count:,}" for indicator, count in sorted(found.items(), key=lambda one: (-one[1], one[0]))]
    more = f" and {len(named) - 10} more" if len(named) > 10 else ""
    return f" ({', '.join(named[:10])}{more})"


def _number(found: int | tuple, what: str) -> str:
    count = found if isinstance(found, int) else len(found)
    return f"{count:,} {what}{'' if count == 1 else 's'}"
