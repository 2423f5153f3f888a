"""What keeps a feed's files from being taken although they are whole: kept in the home, so that each is said once.

`<home>/inbox-problems/<feed>.json` holds what stood in the way when the feed was last looked at, and what of it a run has said.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from vrn import whole_file
from vrn.settings import Settings

# Under which the problems of archives are kept that lie beside the feeds' folders.
ARCHIVES = "archives"


def keep(settings: Settings, feed: str, sentences: Sequence[str]) -> None:
    """Keep what stands in the way of a feed now. What stands there no more is forgotten, and is said anew if it comes again."""
    said = [one for one in _read(settings, feed)["said"] if one in sentences]
    if sentences:
        _write(settings, feed, {"now": list(sentences), "said": said})
    else:
        _path(settings, feed).unlink(missing_ok=True)


def of(settings: Settings, feed: str) -> list[str]:
    """What stood in the way when the feed was last looked at, in sentences."""
    return _read(settings, feed)["now"]


def say(settings: Settings, feed: str) -> list[str]:
    """What stands in the way and no run has said. It counts as said from then on."""
    kept = _read(settings, feed)
    new = [one for one in kept["now"] if one not in kept["said"]]
    if new:
        _write(settings, feed, kept | {"said": kept["now"]})
    return new


def _read(settings: Settings, feed: str) -> dict[str, list[str]]:
    try:
        return json.loads(_path(settings, feed).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"now": [], "said": []}


def _write(settings: Settings, feed: str, kept: dict[str, list[str]]) -> None:
    path = _path(settings, feed)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_file.write(path, json.dumps(kept, ensure_ascii=False, indent=1))


def _path(settings: Settings, feed: str) -> Path:
    return settings.home / "inbox-problems" / f"{feed}.json"
