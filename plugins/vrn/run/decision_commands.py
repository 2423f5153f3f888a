"""The commands `refuse`, `approve`, `withdraw` and `replay`: what they are given, what they print."""

from __future__ import annotations

import sys
from argparse import Namespace

from vrn.accept import unlinking
from vrn.access.audit import events
from vrn.errors import HomeError
from vrn.run import deciding
from vrn.run.local.runs import DAG_OF_BUILD
from vrn.settings import Settings


def carry_out(settings: Settings, chosen: Namespace) -> int:
    """Do what was decided and print what follows. Returns the exit status. Raises HomeError, NotAllowed."""
    if chosen.command == "replay":
        return _replay(settings, chosen)
    number, who, why = _number(chosen), events.who(), _reason(chosen)
    if chosen.command == "withdraw":
        deleted = deciding.withdraw(settings, number, by=who, reason=why)
        print(f"withdrawn: submission {number}; its original is deleted, and so are")
        for table, rows in deleted.items():
            print(f"  {rows:,} rows of {table}")
        if unlinking.LINKS not in deleted:
            print("Its links between persons are deleted by Housekeeping once its feed file can be read (`make check`).")
        print(deciding.instead(settings, number))
    elif chosen.command == "approve":
        approved_by = deciding.approve(settings, number, by=who, reason=why)
        print(f"approved: submission {number}" if approved_by == who else _approved_before(number, approved_by))
    else:
        deciding.refuse(settings, number, by=who, reason=why)
        print(f"refused: submission {number}")
        print(deciding.instead(settings, number))
    print(deciding.begin(settings, DAG_OF_BUILD))
    return 0


def _approved_before(number: int, by: str) -> str:
    return f"submission {number} was approved by {by} before, and that approval is carried out now; yours is not kept"


def _replay(settings: Settings, chosen: Namespace) -> int:
    if chosen.feed and not chosen.submission:
        if not (chosen.first and chosen.last):
            raise HomeError("Say of which periods: FROM=2019-04 UNTIL=2020-03 (the months in which they begin).")
        why = _reason(chosen)
        numbers = deciding.of_feed(settings, chosen.feed, chosen.first, chosen.last)
    else:
        numbers, why = [_number(chosen)], _reason(chosen)
    not_begun = deciding.replay(settings, numbers, by=events.who(), reason=why)
    for number, reason in not_begun.items():
        print(f"error: submission {number}: {reason}", file=sys.stderr)
    begun = [number for number in numbers if number not in not_begun]
    if begun:
        print(f"replayed: {', '.join(map(str, begun))}. Until they are accepted again they serve nothing.")
        for dag_id in deciding.dags_of(settings, begun):
            print(deciding.begin(settings, dag_id))
    elif not not_begun:
        print("No delivery of that feed and those periods can be replayed.")
    return int(bool(not_begun))


def _number(chosen: Namespace) -> int:
    if not (chosen.submission or "").isdecimal():
        several = ", or FEED=police_crime FROM=2019-04 UNTIL=2020-03 for all of a feed" if chosen.command == "replay" else ""
        raise HomeError(
            f'Say which delivery: make {chosen.command} SUBMISSION=7 REASON="…"{several} (`make status` lists what waits).'
        )
    return int(chosen.submission)


def _reason(chosen: Namespace) -> str:
    if not (chosen.reason or "").strip():
        raise HomeError('Say why: REASON="…"; the ledger keeps it with your name and the time.')
    return chosen.reason.strip()
