"""All feeds of a folder of feed files. A file that cannot be read takes out its own feed and no other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vrn.errors import ContractError
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.document import feed_name
from vrn.feeds.period import ANY_PERIOD
from vrn.feeds.rules import UNREADABLE


def every(folder: Path) -> dict[str, Contract | ContractError]:
    """Each feed by name: its contract for any period, or why its file cannot be read."""
    return {feed_name(path): _read(path) for path in sorted(folder.glob("*.odcs.yaml"))}


def sound(folder: Path) -> list[Contract]:
    """The contracts of the files that can be read."""
    return [one for one in every(folder).values() if isinstance(one, Contract)]


def repeated_codes(contracts: Iterable[Contract]) -> list[str]:
    """A sentence for each two feeds that share rule codes: a message, a chart and a question name a rule by its code alone."""
    shared: dict[tuple[str, str], list[str]] = {}
    first: dict[str, str] = {}
    for contract in contracts:
        for code in sorted({rule.code for entity in contract.entities for rule in entity.rules if rule is not UNREADABLE}):
            if first.setdefault(code, contract.feed) != contract.feed:
                shared.setdefault((first[code], contract.feed), []).append(code)
    return [
        f"{one}.odcs.yaml and {other}.odcs.yaml both have the rule code {codes[0]}"
        + (f" and {len(codes) - 1} more" if codes[1:] else "")
        + "; a code names one rule over all feeds. Give the rules of the newer file a prefix of their own."
        for (one, other), codes in shared.items()
    ]


def _read(path: Path) -> Contract | ContractError:
    try:
        return contracts.load(path, ANY_PERIOD)
    except ContractError as error:
        return error
