"""All feeds of a folder of feed files. A file that cannot be read takes out its own feed and no other."""

from __future__ import annotations

from pathlib import Path

from vrn.errors import ContractError
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.document import feed_name
from vrn.feeds.period import ANY_PERIOD


def every(folder: Path) -> dict[str, Contract | ContractError]:
    """Each feed by name: its contract for any period, or why its file cannot be read."""
    return {feed_name(path): _read(path) for path in sorted(folder.glob("*.odcs.yaml"))}


def sound(folder: Path) -> list[Contract]:
    """The contracts of the files that can be read."""
    return [one for one in every(folder).values() if isinstance(one, Contract)]


def _read(path: Path) -> Contract | ContractError:
    try:
        return contracts.load(path, ANY_PERIOD)
    except ContractError as error:
        return error
