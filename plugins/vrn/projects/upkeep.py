"""Projects are kept as the register says: what has ended is closed, and the tables of those that are open are made anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial

import psycopg

from vrn.access import keys
from vrn.errors import HomeError, VrnError, safe_text
from vrn.feeds import contract as contracts
from vrn.feeds import days
from vrn.feeds.period import ANY_PERIOD
from vrn.ledger import agreement
from vrn.projects import pseudonyms, register, roles
from vrn.projects.build import Line, ProjectRefused, make, record
from vrn.projects.purpose import Contracts
from vrn.projects.register import Mistake, Project
from vrn.settings import Settings
from vrn.warehouse import locks, way
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import KEEPER, OWNER

OPENED = """
    update ops.project set opened_at = case when closed_at is null then coalesce(opened_at, now()) else now() end,
        closed_at = null, closed_because = null
    where project = %s
"""
CLOSED = "update ops.project set closed_at = now(), closed_because = %s where project = %s and closed_because is distinct from %s"


@dataclass(frozen=True)
class Done:
    """What a run did with a project.

    lines: what was decided of each table and supplier. closed_because: why nobody may read it. problem: what a person has to
    put right.
    """

    project: str
    lines: tuple[Line, ...] = ()
    closed_because: str | None = None
    problem: str | None = None


def refresh(settings: Settings, only: str | None = None, day: date | None = None) -> list[Done]:
    """Close what has ended, and make the tables of every open project (or of one) anew.

    day: on which agreements and projects are judged; today if none is given. One project's problem, or a bad entry of the
    register, holds up no other. Raises HomeError when the register has no project `only`.
    """
    day = day or days.today()
    projects, mistakes = register.read(settings)
    if only is not None and only not in {one.name for one in (*projects, *mistakes)}:
        raise HomeError(f"{settings.projects} has no project {only}. Enter it there first (docs/projects.md).")
    contract_of = cache(lambda feed: contracts.load(settings.contracts / f"{feed}.odcs.yaml", ANY_PERIOD))
    with (
        psycopg.connect(settings.conninfo(KEEPER), autocommit=True) as keeper,
        connect(settings, OWNER, autocommit=True) as owner,
    ):
        # A second run waits, and then finds nothing changed.
        locks.for_session(keeper, locks.Job.PROJECTS)
        agreement.publish(owner, settings)
        with owner.transaction():
            register.publish(owner, projects)
        done = _close_what_ended(keeper, owner, projects, mistakes, day)
        done += [Done(one.name or "?", problem=one.told) for one in mistakes if only in (None, one.name)]
        for project in projects:
            why = project.why_closed(day)
            if why is None and only in (None, project.name):
                made = partial(_make, keeper, owner, settings, contract_of, project, day)
                done.append(_tried(project.name, made, "Its tables are as they were."))
            elif project.name == only and only not in {one.project for one in done}:
                done.append(Done(only, closed_because=why))
    return done


def keep_up(settings: Settings) -> dict[str, int]:
    """The daily run. Returns how many projects are open and were closed. Raises HomeError with every project's problem."""
    done = refresh(settings)
    problems = [one.problem for one in done if one.problem]
    if problems:
        raise HomeError("\n".join(problems))
    closed = sum(one.closed_because is not None for one in done)
    return {"open": len(done) - closed, "closed": closed}


def _close_what_ended(
    keeper: psycopg.Connection, owner: psycopg.Connection, projects: Sequence[Project], mistakes: Sequence[Mistake], day: date
) -> list[Done]:
    unread = {mistake.name for mistake in mistakes}
    why = {project.name: project.why_closed(day) for project in projects}
    done = []
    for name in sorted(roles.opened(keeper)):
        # It may be the one whose entry cannot be read; its tables hide themselves after its last day all the same.
        if name not in why and not unread.isdisjoint((name, None)):
            continue
        reason = why.get(name, "it is not in the register any more")
        if reason is not None:
            done.append(
                _tried(name, partial(_close, keeper, owner, name, reason), "It may still be open, and the next run closes it.")
            )
    return done


def _close(keeper: psycopg.Connection, owner: psycopg.Connection, name: str, reason: str, lines: Sequence[Line] = ()) -> Done:
    roles.close(keeper, owner, name)
    with owner.transaction():
        record(owner, name, lines)
        owner.execute(CLOSED, [reason, name, reason])
    return Done(name, tuple(lines), closed_because=reason)


def _make(
    keeper: psycopg.Connection,
    owner: psycopg.Connection,
    settings: Settings,
    contract_of: Contracts,
    project: Project,
    day: date,
) -> Done:
    try:
        keys.check(owner, settings, pseudonyms.key_name(project.name))
        key = pseudonyms.key_of(settings, project.name)
        roles.check(keeper, project)
        # The project's own evaluators may be reading what is replaced.
        with way.made_free(settings.conninfo(OWNER), way.LONGEST_READ), owner.transaction():
            lines = make(owner, contract_of, project, key, day)
            owner.execute(OPENED, [project.name])
        roles.open_(keeper, project)
    except ProjectRefused as refusal:
        close = partial(_close, keeper, owner, project.name, "no agreement lets it see anything", refusal.lines)
        closed = _tried(project.name, close, "It may still be open, and the next run closes it.")
        return replace(closed, problem=" ".join(filter(None, (str(refusal), closed.problem))))
    return Done(project.name, tuple(lines))


def _tried(project: str, work: Callable[[], Done], otherwise: str) -> Done:
    """What work returns, or its failure as the project's problem. otherwise: how the project is then."""
    try:
        return work()
    except (VrnError, psycopg.Error) as error:
        return Done(project, problem=f"Project {project}: {safe_text(error).rstrip('.')}. {otherwise}")
