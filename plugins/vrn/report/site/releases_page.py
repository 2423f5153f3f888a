"""What the release notes say: each release, and what changed from the one before, in counts and by name; and what is no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vrn.publish import revision
from vrn.report.figures.numbers import counted, day
from vrn.report.site.from_publish import Published, Release

# What stands between the names of one column of publish.release.
BETWEEN = "; "


def view(published: Published) -> list[dict[str, Any]]:
    by_id = {release.release_id: release for release in published.releases}
    return [
        {
            "release_id": release.release_id,
            "day": day(release.released_at),
            "note": release.note,
            "made_of": f"{_submissions(release)} and {_indicators(release)}",
            "changes": _changes(release, by_id.get(release.previous_release_id)),
            "named": _named(release),
            "git_revision": release.git_revision,
            "is_synthetic": release.is_synthetic,
            "is_shown": published.release is not None and release.release_id == published.release.release_id,
        }
        for release in published.releases
    ]


def _submissions(release: Release) -> str:
    return counted(release.submission_count or 0, "delivery", "deliveries")


def _indicators(release: Release) -> str:
    return counted(release.indicator_count or 0, "indicator", "indicators")


def _changes(release: Release, before: Release | None) -> str:
    if before is None:
        return "The first release."
    deliveries = _difference(release.submission_count, before.submission_count, "delivery", "deliveries")
    indicators = _difference(release.indicator_count, before.indicator_count, "indicator", "indicators")
    return f"Since {before.release_id}: {deliveries}; {indicators}.{_code(release.git_revision, before.git_revision)}"


def _code(now: str, before: str) -> str:
    """Nothing where it is not known."""
    is_same = revision.is_same_code(now, before)
    return "" if is_same is None else " The code is the same." if is_same else " The code changed."


def _named(release: Release) -> list[tuple[str, list[str]]]:
    """What is new, no more or called otherwise, by name."""
    told = (
        ("Deliveries, by feed", release.deliveries_changed),
        ("New indicators", release.indicators_new),
        ("Indicators that are no more", release.indicators_gone),
        ("New areas", release.areas_new),
        ("Areas that are no more", release.areas_gone),
        ("New names", release.names_changed),
    )
    return [(title, names.split(BETWEEN)) for title, names in told if names]


def gone(published: Published) -> Iterator[tuple[str, dict[str, Any]]]:
    """What became of each indicator and area that is no more, by the address of the page that it had; the last to go come first."""
    for release in published.releases:
        for what, names in (("indicator", release.indicators_gone), ("area", release.areas_gone)):
            for one in names.split(BETWEEN) if names else ():
                code, _, name = one.partition(" ")
                said = {"code": code, "name": name, "what": what, "since": release.release_id, "last": release.previous_release_id}
                yield f"{what}/{code}.html", said


def _difference(now: int | None, then: int | None, one: str, many: str) -> str:
    change = (now or 0) - (then or 0)
    if not change:
        return f"as many {many}"
    return f"{counted(abs(change), one, many)} {'more' if change > 0 else 'fewer'}"
