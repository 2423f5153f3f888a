"""What the release notes say: each release, and what changed from the one before, in counts."""

from __future__ import annotations

from typing import Any

from vrn.report.figures.numbers import counted, day
from vrn.report.site.from_publish import Published, Release


def view(published: Published) -> list[dict[str, Any]]:
    by_id = {release.release_id: release for release in published.releases}
    return [
        {
            "release_id": release.release_id,
            "day": day(release.released_at),
            "note": release.note,
            "made_of": f"{_submissions(release)} and {_indicators(release)}",
            "changes": _changes(release, by_id.get(release.previous_release_id)),
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
    code = "The code is the same." if release.git_revision == before.git_revision else "The code changed."
    return f"Since {before.release_id}: {deliveries}; {indicators}. {code}"


def _difference(now: int | None, then: int | None, one: str, many: str) -> str:
    change = (now or 0) - (then or 0)
    if not change:
        return f"as many {many}"
    return f"{counted(abs(change), one, many)} {'more' if change > 0 else 'fewer'}"
