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

from datetime import date

import psycopg
import yaml

from vrn.errors import HomeError, SubmissionRefused
from vrn.feeds.contract import Contract
from vrn.settings import Settings

RULE = "GEN-008"
OPEN = "open licence"
SYNTHETIC = "synthetic"
KEYS = ("agreement", "suppliers", "feed", "purpose", "legal_gateway", "controller", "fields", "valid_from", "valid_to", "status")


def publish(connection: psycopg.Connection, settings: Settings) -> None:
    """Bring ops.agreement to what the register says. A missing register is an empty one. Raises HomeError."""
    entries = _read(settings)
    rows = [
        (
            *(entry[key] for key in ("agreement", "feed", "purpose", "legal_gateway", "controller", "fields")),
            *(entry[key] for key in ("valid_from", "valid_to", "status")),
            str(supplier),
        )
        for entry in entries
        for supplier in entry["suppliers"]
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("lock table ops.agreement in share row exclusive mode")
        cursor.execute("delete from ops.agreement")
        cursor.executemany(
            "insert into ops.agreement (agreement_id, feed, purpose, legal_gateway, controller, permitted_fields, valid_from, "
            "valid_to, status, supplier) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def covering(connection: psycopg.Connection, contract: Contract, supplier: str, day: date, *, is_synthetic: bool) -> str:
    """The agreement that lets a delivery in on a day. Raises SubmissionRefused when there is none."""
    if is_synthetic:
        return SYNTHETIC
    if not contract.needs_agreement:
        return OPEN
    rows = connection.execute(
        "select * from ops.agreement where feed = %s and supplier = %s order by valid_to desc", [contract.feed, supplier]
    ).fetchall()
    name = contract.suppliers[supplier].name
    if not rows:
        raise SubmissionRefused(
            RULE, f"No agreement to share {contract.feed} with {name} is registered. Nothing was kept. Register it and send again."
        )
    current = [row for row in rows if row["status"] == "active" and row["valid_from"] <= day <= row["valid_to"]]
    if not current:
        last = rows[0]
        state = "withdrawn" if last["status"] != "active" else f"valid from {last['valid_from']} to {last['valid_to']}"
        raise SubmissionRefused(
            RULE,
            f"The agreement {last['agreement_id']} with {name} is {state}, so it does not cover {day}. Nothing was kept. "
            "Renew it and send again.",
        )
    outside = min((contract.fields - set(row["permitted_fields"]) for row in current), key=len)
    if outside:
        raise SubmissionRefused(
            RULE,
            f"The agreement with {name} does not cover {', '.join(sorted(outside)[:5])}"
            f"{f' and {len(outside) - 5} more' if len(outside) > 5 else ''}. Nothing was kept. Extend the agreement, or take "
            "the column out of the feed file and the delivery.",
        )
    return next(row["agreement_id"] for row in current if not contract.fields - set(row["permitted_fields"]))


def _read(settings: Settings) -> list[dict]:
    path = settings.agreements
    if not path.exists():
        return []
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError:
        raise HomeError(f"{path} is not YAML. Nothing is let in until it is mended.") from None
    for number, entry in enumerate(entries, start=1):
        missing = [key for key in KEYS if key not in entry]
        if missing:
            raise HomeError(f"{path}: entry {number} has no {', '.join(missing)}. Nothing is let in until it is mended.")
    return entries
