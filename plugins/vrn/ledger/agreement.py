"""The register of agreements to share data: a gate, not documentation. No agreement, no byte is kept.

The register is a YAML file of the home (settings.agreements), because who may send what differs between networks:

    - agreement: LVRN-DSA-014
      suppliers: [rxl]
      feed: tiig_ed_attendance
      purpose: injury-surveillance
      legal_gateway: Crime and Disorder Act 1998 s115
      controller: Blackpool Teaching Hospitals NHS Foundation Trust
      fields: [attendance.attendance_key, attendance.provider_code]
      valid_from: 2020-04-01
      valid_to: 2022-03-31
      status: active
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from vrn.errors import HomeError, SubmissionRefused
from vrn.feeds import contract as contracts
from vrn.feeds import days, yaml_list
from vrn.feeds.contract import Contract
from vrn.feeds.period import Period
from vrn.settings import Settings

log = logging.getLogger(__name__)

RULE = "GEN-008"
OPEN = "open licence"
SYNTHETIC = "synthetic"
TEXTS = ("agreement", "feed", "purpose", "legal_gateway", "controller")
DAYS = ("valid_from", "valid_to")
KEYS = ("agreement", "suppliers", "feed", "purpose", "legal_gateway", "controller", "fields", *DAYS, "status")
STATES = ("active", "withdrawn")
CODE = re.compile(r"[\w-]+", re.ASCII)
# How many columns a sentence names.
MOST_NAMED = 5
WAITS = "What it would let in waits until it is mended; everything else goes on."


class NotCovered(SubmissionRefused):
    """No agreement covers a delivery. why: what is amiss, in a sentence that is true of what was kept before as well."""

    def __init__(self, why: str, remedy: str):
        super().__init__(
            RULE,
            f"{why} Nothing was kept. Ask the data team {remedy}, and send the file again when it holds; nothing in the file "
            "has to change.",
        )
        self.why = why


@dataclass(frozen=True)
class Mistake:
    """An entry that cannot be read. feed, suppliers: what it is about, None where it is not plain. told: entry, line, remedy."""

    entry: int
    feed: str | None
    suppliers: list[str] | None
    told: str


def read(settings: Settings) -> tuple[list[dict], list[Mistake]]:
    """The register's entries that can be read, and what is wrong with the others. A missing register is an empty one."""
    path, good, mistakes, seen = settings.agreements, [], [], set()
    for entry in yaml_list.read(path):
        said = entry.said if isinstance(entry.said, dict) else {}
        wrong = entry.mistake or _wrong(entry.said) or _twice(said, seen)
        if wrong is None:
            good.append(said)
            continue
        feed = said.get("feed") or entry.value("feed")
        name = said.get("agreement") or entry.value("agreement")
        which = f"entry {entry.number}" + (f" ({name})" if name else "") if entry.number else "the register"
        told = f"{path.name}, line {entry.line}, {which}: {wrong}. {WAITS}"
        is_plain = isinstance(feed, str) and CODE.fullmatch(feed)
        mistakes.append(Mistake(entry.number, feed if is_plain else None, _suppliers(said), told))
    return good, mistakes


def _suppliers(said: dict) -> list[str] | None:
    suppliers = said.get("suppliers")
    codes = [str(one) for one in (suppliers if isinstance(suppliers, list) else [suppliers])]
    return codes if all(CODE.fullmatch(code) for code in codes) and suppliers else None


def _wrong(said: object) -> str | None:
    """What is wrong with an entry, and what would be right."""
    if not isinstance(said, dict):
        return f"it is not an agreement; it says {', '.join(KEYS)}"
    if missing := [key for key in KEYS if key not in said]:
        return f"it has no {', '.join(missing)}"
    if unsaid := [key for key in KEYS if said[key] is None]:
        return f"{', '.join(unsaid)} {'are' if unsaid[1:] else 'is'} left open; fill in what was agreed"
    for key in TEXTS:
        if not isinstance(said[key], str) or not said[key].strip():
            return f"{key} is no text; write it in quotation marks, such as {key}: '14'"
    suppliers = said["suppliers"]
    if isinstance(suppliers, str | int):
        return f"suppliers is one word; write a list, suppliers: [{suppliers}]"
    if not isinstance(suppliers, list) or not suppliers:
        return "suppliers is no list; write suppliers: [rxl]"
    for code in (said["feed"], *suppliers):
        if not CODE.fullmatch(str(code)):
            return "feed and suppliers are plain codes without quotation marks of a word processor, such as rxl"
    if not isinstance(said["fields"], list) or not all(isinstance(one, str) for one in said["fields"]):
        return "fields is no list of entity.column; write fields: [attendance.age]"
    for key in DAYS:
        # A date and time is a date to Python, and no day.
        if type(said[key]) is not date:
            return f"{key} is no day; write it as 2027-12-31, without quotation marks"
    if said["valid_to"] < said["valid_from"]:
        return "valid_to comes before valid_from"
    return None if said["status"] in STATES else f"status is none of {', '.join(STATES)}"


def _twice(said: dict, seen: set[tuple]) -> str | None:
    """Whether the same agreement stands there already for one of these suppliers; those that do not are taken note of."""
    keys = {(said["agreement"], str(supplier), said["feed"]) for supplier in said["suppliers"]}
    if keys & seen or len(keys) < len(said["suppliers"]):
        return "the same agreement, supplier and feed stand there twice; take one away"
    seen |= keys
    return None


def publish(connection: psycopg.Connection, settings: Settings) -> None:
    """Bring ops.agreement and ops.agreement_mistake to what the register says. One bad entry stops what it covers and no other."""
    entries, mistakes = read(settings)
    rows = [
        (*(entry[key] for key in (*TEXTS, "fields", *DAYS, "status")), str(code))
        for entry in entries
        for code in entry["suppliers"]
    ]
    for mistake in mistakes:
        log.warning(mistake.told)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("lock table ops.agreement in share row exclusive mode")
        cursor.execute("delete from ops.agreement")
        cursor.executemany(
            "insert into ops.agreement (agreement_id, feed, purpose, legal_gateway, controller, permitted_fields, valid_from, "
            "valid_to, status, supplier) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
        cursor.execute("delete from ops.agreement_mistake")
        cursor.executemany(
            "insert into ops.agreement_mistake (entry, feed, suppliers, told) values (%s, %s, %s, %s)",
            [(one.entry, one.feed, one.suppliers, one.told) for one in mistakes],
        )


def covering(connection: psycopg.Connection, contract: Contract, supplier: str, day: date, *, is_synthetic: bool) -> str:
    """The agreement that lets a delivery in on a day. Raises NotCovered when there is none.

    Raises HomeError while an entry that might be the one cannot be read: the supplier is not told of our mistake.
    """
    if is_synthetic:
        return SYNTHETIC
    if not contract.needs_agreement:
        return OPEN
    try:
        return _registered(connection, contract, supplier, day)
    except NotCovered:
        mistake = connection.execute(
            "select told from ops.agreement_mistake where (feed is null or feed = %s) "
            "and (suppliers is null or %s = any(suppliers)) order by entry",
            [contract.feed, supplier],
        ).fetchone()
        if mistake is None:
            raise
    raise HomeError(mistake["told"])


def covering_kept(connection: psycopg.Connection, settings: Settings, row: dict) -> str:
    """The agreement that covers today a delivery that was let in before, a row of the ledger that has a period.

    Without one it neither comes to serve nor begins anew. Raises NotCovered, and while nobody can tell HomeError or ContractError.
    """
    if row["is_synthetic"]:
        # A feed file that cannot be read says nothing about it.
        return SYNTHETIC
    period = Period.between(row["period_start"], row["period_end"])
    contract = contracts.load(settings.contracts / f"{row['feed']}.odcs.yaml", period, row["supplier"])
    return covering(connection, contract, row["supplier"], days.today(), is_synthetic=row["is_synthetic"])


def is_for_real(connection: psycopg.Connection) -> bool:
    """Whether a home is for real deliveries: somebody has agreed to share with it, and nothing synthetic came before."""
    found = connection.execute(
        """
        select (
            exists (select from ops.agreement)
            or exists (select from ops.agreement_mistake)
            or exists (select from ops.submission where agreement_id not in (%(open)s, %(synthetic)s))
        ) and not exists (
            select from ops.submission where is_synthetic and status not in ('refused', 'duplicate')
        ) as found
        """,
        {"open": OPEN, "synthetic": SYNTHETIC},
    )
    return found.fetchone()["found"]


def _registered(connection: psycopg.Connection, contract: Contract, supplier: str, day: date) -> str:
    rows = connection.execute(
        "select * from ops.agreement where feed = %s and supplier = %s order by valid_to desc", [contract.feed, supplier]
    ).fetchall()
    # One that was let in earlier may have left the feed file.
    name = contract.suppliers[supplier].name if supplier in contract.suppliers else supplier
    if not rows:
        raise NotCovered(f"There is no agreement by which {name} shares '{contract.name}'.", "for one")
    current = [row for row in rows if row["status"] == "active" and row["valid_from"] <= day <= row["valid_to"]]
    if not current:
        last = rows[0]
        state = "withdrawn" if last["status"] != "active" else f"valid from {last['valid_from']} to {last['valid_to']}"
        raise NotCovered(f"The agreement {last['agreement_id']} with {name} is {state}, so it does not cover {day}.", "to renew it")
    outside = min((contract.fields - set(row["permitted_fields"]) for row in current), key=len)
    if outside:
        raise NotCovered(
            f"The agreement with {name} does not cover what the file has in {_as_the_file_says(contract, outside)}.", "to extend it"
        )
    return next(row["agreement_id"] for row in current if not contract.fields - set(row["permitted_fields"]))


def _as_the_file_says(contract: Contract, fields: set[str]) -> str:
    """Columns by the names that the supplier's file gives them, a few of them one by one."""
    columns = [(f"{entity.name}.{column.name}", column) for entity in contract.entities for column in entity.columns]
    names = list(dict.fromkeys(column.source_names[0] for field, column in columns if field in fields))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:MOST_NAMED]) + more


def lacking(entries: Sequence[dict], contracts: Mapping[str, Contract]) -> Iterator[str]:
    """What entries that could cover a feed lack of it, in sentences: a supplier's deliveries are refused for it.

    Entries that were withdrawn, and those of a supplier whom another entry covers wholly, lack nothing.
    """
    for entry in entries:
        contract = contracts.get(entry["feed"])
        if contract is None or entry["status"] != "active":
            continue
        others = [one for one in entries if one["feed"] == entry["feed"] and one["status"] == "active"]
        waiting = [
            str(supplier)
            for supplier in entry["suppliers"]
            if not any(contract.fields <= set(one["fields"]) and supplier in one["suppliers"] for one in others)
        ]
        missing = sorted(contract.fields - set(entry["fields"]))
        if waiting and missing:
            unknown = sorted(set(entry["fields"]) - contract.fields)
            beside = f" It names {', '.join(unknown)}, which the feed file does not have." if unknown else ""
            yield (
                f"agreements.yaml, {entry['agreement']} ({entry['feed']}, {', '.join(waiting)}): fields lacks "
                f"{', '.join(missing)}, so that deliveries are refused.{beside} Agree on them, or take them out of the feed file."
            )
