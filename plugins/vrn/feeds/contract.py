"""A feed file, read and resolved for a period.

The grammar is on one page in expectations/README.md; vrn.feeds.breaches checks a file against it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrn.errors import ContractError
from vrn.feeds import columns as of_columns
from vrn.feeds import document as documents
from vrn.feeds import grammar, reading, rules, suppliers
from vrn.feeds.columns import Column
from vrn.feeds.grammar import SHARES, custom
from vrn.feeds.period import GROUPS, Period
from vrn.feeds.reading import Reading
from vrn.feeds.rules import UNREADABLE, Rule
from vrn.feeds.suppliers import Supplier


@dataclass(frozen=True)
class Linkage:
    """How an entity's rows take part in the linkage of persons: a service, and the columns that say who a row is about."""

    service: str
    key: str
    sex: str | None
    ids: Mapping[str, str]


@dataclass(frozen=True)
class Entity:
    """One kind of row that a feed brings."""

    feed: str
    name: str
    grain: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    counted_once_when_present: str | None
    member: re.Pattern[str] | None
    is_optional: bool
    sheet: re.Pattern[str] | None
    element: str | None
    linkage: Linkage | None
    synthetic: Mapping[str, Any]

    @property
    def table(self) -> str:
        return f"{self.feed}__{self.name}"

    @property
    def stored(self) -> dict[str, str]:
        """The names and PostgreSQL types of the raw table's columns, in the feed file's order."""
        return {name: kind for column in self.columns for name, kind in column.stored.items()}

    @property
    def judged_only(self) -> tuple[str, ...]:
        """The columns of the raw table that nobody reads but the rules: from acceptance on they are blank."""
        return tuple(name for column in self.columns if column.is_judged_only for name in column.stored)

    @property
    def not_kept(self) -> set[str]:
        """The columns that the raw table may have from before, and of which an accepted delivery keeps nothing."""
        gone = (column for column in self.columns if not column.is_stored)
        names = {name for column in gone for name in (column.name, f"{column.name}_is_valid", column.withheld_name)}
        return names - self.stored.keys() | set(self.judged_only)

    @property
    def matched(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.classification == "match")

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Shares:
    """What of a delivery may be missing before a person looks at it, or it is refused; shares lie between 0 and 1.

    hold_set_aside, refuse_set_aside: the share of its rows that rules set aside above which it is held, or refused.
    hold_replace: it is held when it has fewer rows than this share of those of the delivery that it replaces.
    least_rows: how many rows a first delivery is expected to have at least; None where the feed file expects nothing.
    """

    hold_set_aside: float = 0.10
    refuse_set_aside: float = 0.50
    hold_replace: float = 0.80
    least_rows: int | None = None


@dataclass(frozen=True)
class Contract:
    """A feed file as it stood for one period."""

    feed: str
    name: str
    period_group: str
    kind: str
    file_name: re.Pattern[str]
    file_name_example: str
    suppliers: Mapping[str, Supplier]
    folder: str
    not_taken: Mapping[str, str]
    takes_archives: bool
    format: str
    encoding: str
    fallback_encoding: str | None
    ends_with_line_break: bool
    record: str | None
    whole: Mapping[str, str]
    remote: Mapping[str, Any] | None
    needs_agreement: bool
    has_steady_volume: bool
    allows_nil: bool
    shares: Shares
    reading: Reading
    latency_days: int
    retention_days: int
    entities: tuple[Entity, ...]
    synthetic: Mapping[str, Any]
    digest: str

    @property
    def main(self) -> Entity:
        """The entity that the feed is about; it stands first."""
        return self.entities[0]

    def supplier_serves(self, code: str, period: Period) -> bool:
        """Whether a supplier is one of the feed's and answers for any day of the period."""
        return code in self.suppliers and self.suppliers[code].serves(period)

    def entity(self, name: str) -> Entity:
        return next(entity for entity in self.entities if entity.name == name)

    @property
    def fields(self) -> set[str]:
        """Every column that the feed may bring, as an agreement to share names it: entity.column.

        A verdict brings nothing: the day that it judges is another column's.
        """
        columns = ((entity.name, column) for entity in self.entities for column in entity.columns)
        return {f"{entity}.{column.name}" for entity, column in columns if column.classification != "verdict"}


def load(path: Path, period: Period, supplier: str | None = None) -> Contract:
    """The contract as it stood for a period, with the rules' placeholders filled in. Raises ContractError.

    supplier: whose delivery is judged, by its code; of a feed with one supplier it may be left out. Without it no rule about
    the supplier can be judged.
    """
    try:
        document = documents.remembered(path, path.stat().st_mtime_ns)
        dated = documents.apply_changes(document, period, path.name)
        return _resolve(dated, period, supplier)
    except ContractError:
        raise
    except FileNotFoundError:
        raise ContractError(f"{path.name} is not in {path.parent}. Without it nothing of the feed can be taken in.") from None
    except Exception as error:
        # Whatever a person can write there, it takes out its own feed and no other.
        raise ContractError(
            f"{path.name} cannot be made a contract ({type(error).__name__}: {error}). Compare it with expectations/README.md."
        ) from error


def _resolve(document: dict[str, Any], period: Period, supplier: str | None) -> Contract:
    server = document["servers"][0]
    own, of_feed = custom(server), custom(document)
    who = suppliers.read(own["suppliers"], own.get("expectedSuppliers"))
    judged = who.get(supplier) if supplier else next(iter(who.values())) if len(who) == 1 else None
    stands_for = rules.placeholders(period, judged)
    sla = {item["property"]: item for item in document["slaProperties"]}
    group = next(one for one in GROUPS if f"(?P<{one}>" in own["fileName"])
    return Contract(
        feed=document["id"],
        name=document["name"],
        period_group=group,
        kind=GROUPS[group],
        file_name=re.compile(own["fileName"]),
        file_name_example=own["fileNameExample"],
        suppliers=who,
        folder=server.get("path", document["id"]),
        not_taken=own.get("notTaken", {}),
        takes_archives=own.get("archives", False),
        format=server.get("format", "csv"),
        encoding=server.get("encoding", "utf-8"),
        fallback_encoding=own.get("fallbackEncoding"),
        ends_with_line_break=own.get("endsWithLineBreak", False),
        record=own.get("record"),
        whole=own.get("whole", {}),
        remote=None if server["type"] == "local" else {"kind": own.get("transport", server["type"]), **own},
        needs_agreement=of_feed.get("agreement") != "open",
        has_steady_volume=of_feed.get("volume") != "any",
        allows_nil=of_feed.get("allowsNil", False),
        shares=Shares(**{SHARES[key]: value for key, value in of_feed.get("shares", {}).items()}),
        reading=reading.read(of_feed.get("reading", {})),
        latency_days=_days(sla["latency"]),
        retention_days=_days(sla["retention"]),
        entities=tuple(_entity(document["id"], item, stands_for) for item in document["schema"]),
        synthetic=of_feed.get("synthetic", {}),
        digest=hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _days(duration: dict[str, Any]) -> int:
    return int(duration["value"]) * grammar.DAYS[duration.get("unit", "d")]


def _entity(feed: str, item: dict[str, Any], stands_for: Mapping[str, Any]) -> Entity:
    columns = tuple(map(of_columns.read, item["properties"]))
    codes = {column.name: list(column.codes) for column in columns}
    judged = [rules.read(rule, None, codes, stands_for) for rule in item.get("quality", [])]
    for column in item["properties"]:
        judged += [rules.read(rule, column["name"], codes, stands_for) for rule in column.get("quality", [])]
    withheld = {column.name: column.withheld_name for column in columns if column.may_be_withheld}
    own = custom(item)
    once = own.get("identicalRows", {}).get("countOnceWhenPresent")
    of_every_feed = [UNREADABLE]
    if once is not None and not _says_itself(item, once):
        key = next(column for column in columns if column.name == once)
        of_every_feed.append(rules.differing(key, [name for column in columns for name in column.stored]))
    return Entity(
        feed=feed,
        name=item["name"],
        grain=item.get("dataGranularityDescription", ""),
        columns=columns,
        rules=(*of_every_feed, *(rules.but_withheld(rule, withheld) for rule in sorted(judged, key=lambda rule: rule.code))),
        counted_once_when_present=once,
        member=re.compile(own["member"], re.IGNORECASE) if "member" in own else None,
        is_optional=own.get("optional", False),
        sheet=re.compile(own["sheet"], re.IGNORECASE) if "sheet" in own else None,
        element=own.get("element"),
        linkage=_linkage(own.get("linkage")),
        synthetic=own.get("synthetic", {}),
    )


def _says_itself(item: dict[str, Any], key: str) -> bool:
    """Whether a rule of the entity's own says what rows with the same key are; it says so by the standard's `dimension`."""
    own = [rule for column in item["properties"] if column["name"] == key for rule in column.get("quality", [])]
    own += [rule for rule in item.get("quality", []) if re.search(rf"\b{key}\b", json.dumps(rule["implementation"], default=str))]
    return any(rule.get("dimension") == "uniqueness" for rule in own)


def _linkage(said: dict[str, Any] | None) -> Linkage | None:
    return said and Linkage(said["service"], said["key"], said.get("sex"), said.get("ids", {}))
