"""A draft of an entry for agreements.yaml: every column of a feed file, for the governance lead to strike from."""

from __future__ import annotations

from collections.abc import Mapping

from vrn.errors import ContractError, HomeError
from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract

HEAD = """
# A draft by `make agreement`, which covers nothing yet. Strike the columns that are not agreed (and take them out of the feed
# file, since every column of it has to be agreed), fill in what is left open, and run `make check`.
- agreement:  # its number, such as LVRN-DSA-014
  suppliers: ['{supplier}']  # {name}
  feed: {feed}
  purpose:  # one word, such as injury-surveillance; an evaluation project sees what came for its purpose
  legal_gateway:  # such as Crime and Disorder Act 1998 s115
  controller:  # who answers for the data, such as {name}
  fields:
"""
FOOT = """\
  valid_from:  # the first day, such as 2026-01-01
  valid_to:  # the last day, such as 2027-12-31
  status: active
"""


def of(feeds: Mapping[str, Contract | ContractError], feed: str, supplier: str) -> str:
    """The draft as YAML. Raises HomeError for a feed or a supplier that is none, ContractError for a file that cannot be read."""
    if not (feed and supplier):
        raise HomeError("Say which feed and whose: make agreement FEED=cin_census SUPPLIER=888.")
    contract = feeds.get(feed)
    if isinstance(contract, ContractError):
        raise contract
    if contract is None:
        raise HomeError(f"There is no feed '{feed}'. Say one of {', '.join(feeds)}.")
    if not contract.needs_agreement:
        raise HomeError(f"{feed} is published under an open licence and needs no agreement.")
    if supplier not in contract.suppliers:
        raise HomeError(f"'{supplier}' is no supplier of {feed}. Say one of {', '.join(contract.suppliers)}.")
    lines = []
    for entity in contract.entities:
        lines.append(f"    # {entity.name}: {_one_line(entity.grain)}")
        named = [(f"{entity.name}.{column.name}", column) for column in entity.columns]
        lines += [f"    - {field}  # {_what(column)}" for field, column in named if field in contract.fields]
    head = HEAD.format(supplier=supplier, name=contract.suppliers[supplier].name, feed=feed)
    return head + "\n".join(lines) + "\n" + FOOT


def _what(column: Column) -> str:
    """A column's class, its name in the file, and what it is for."""
    beside = column.identifier_domain or column.match_as
    classified = f"{column.classification} ({beside})" if beside else column.classification
    kept = ", for the rules alone and then blanked" if column.is_judged_only else ""
    return _one_line(f"{classified}{kept}; '{column.source_names[0]}' in the file: {column.description}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
