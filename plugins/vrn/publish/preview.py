"""What a release would change, in words, before it is made; and for which changes somebody has to give a reason.

Everything is said of figures as readers see them (vrn.publish.changes), so that the text may be passed on to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from vrn.publish.changes import HIDDEN, NAMED, SHOWN, Changes, Figure, Only
from vrn.settings import Settings

# How many figures are named one by one; of the others the text says how many there are.
ONE_BY_ONE = 20
# The fields that are names of an indicator or an area.
NAMES = ("name", "short_name", "area_name")
COMMAND = 'make release NOTE="what it is for"'


def concerns(changes: Changes, settings: Settings) -> list[str]:
    """The sentences for which a release needs a reason; none where nothing passes a threshold of the settings.

    What vanishes always needs one, and so does a release that tells nothing new. Of the figures that the last release shows, so
    many percent (release_share_percent) may move by more than release_move_percent, and so many may become hidden or go.
    """
    said = gone(changes.gone)
    if changes.is_same:
        said.append(f"Nothing that readers see differs from the release {changes.earlier}.")
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


def gone(found: Only) -> list[str]:
    """The sentences for which a release needs a reason because something vanishes; they are true before its figures are decided."""
    return [
        f"{_number(some, what)} of the last release {'is' if len(some) == 1 else 'are'} no more: {_listed(some)}."
        for what, some in (("indicator", found.indicators), ("area", found.areas))
        if some
    ]


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
    for found, what in ((changes.gone, "are no more"), (changes.new, "are new")):
        for title, some in (("Indicators", found.indicators), ("Areas", found.areas)):
            if some:
                yield f"{title} that {what}: {_listed(some)}"
    yield from _defined_anew(changes)
    for meaning in ("become hidden", "are shown that were hidden", "are no more"):
        yield from _named(f"Figures that {meaning}", parts[meaning], _place)
    needed = concerns(changes, settings)
    yield f"The release needs a reason ({COMMAND} REASON=…):" if needed else f"The release needs no reason ({COMMAND})."
    yield from (f"  {sentence}" for sentence in needed)


def _defined_anew(changes: Changes) -> Iterator[str]:
    """Each name that changes, indicators and areas of which something else is said, and how many rows of other tables differ."""
    names = [one for one in changes.said if one.field in NAMES]
    if names:
        yield f"Names that change ({len(names):,}):"
        yield from (f"  {one.code}: {one.before} to {one.after}" for one in names)
    others: dict[str, list[str]] = {}
    for one in changes.said:
        if one.field not in NAMES:
            others.setdefault(one.code, []).append(one.field)
    if others:
        said = (f"{code} ({', '.join(fields)})" for code, fields in others.items())
        yield f"Indicators and areas of which something else is said: {', '.join(said)}"
    rows = [f"{relation} {found:,}" for relation, found in changes.rows if relation not in NAMED]
    if rows:
        yield f"Rows that one of the two releases has, of other tables: {', '.join(rows)}"


def _because(changes: Changes) -> Iterator[str]:
    """Each delivery that came or went, and how many of the figures that are shown and move rest on it; then other causes; nothing
    where nothing changes."""
    causes = [*_causes(changes)]
    if causes:
        yield "Because of:"
        yield from causes


def _causes(changes: Changes) -> Iterator[str]:
    seen = [one for one in changes.figures if SHOWN in (one.earlier_state, one.later_state)]
    resting = Counter(submission for one in seen for submission in one.because)
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
        yield from (f"  {say(one)}" for one in figures[:ONE_BY_ONE])
        if len(figures) > ONE_BY_ONE:
            yield f"  and {len(figures) - ONE_BY_ONE:,} more"


def _move(figure: Figure) -> str:
    share = "from zero" if figure.move == float("inf") else f"{100 * (figure.later - figure.earlier) / abs(figure.earlier):+.1f} %"
    return f"{_place(figure)}: {figure.earlier:,.6g} to {figure.later:,.6g} ({share})"


def _place(figure: Figure) -> str:
    indicator, area, period, *cell = figure.key
    groups = [one for one in cell if one != "all"]
    return " ".join([indicator, area, period, *groups])


def _listed(some: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{code} ({name})" for code, name in some)


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
