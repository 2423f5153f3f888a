"""The commands behind the Makefile: python -m vrn COMMAND."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from datetime import UTC, datetime

import psycopg

from vrn.access import modes
from vrn.errors import VrnError
from vrn.run.arguments import DECISIONS, parser
from vrn.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    try:
        settings = Settings()
        return COMMANDS[chosen.command](settings, chosen) or 0
    except VrnError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        # One with a code of PostgreSQL's was connected, and is no matter of what runs.
        if error.sqlstate is not None:
            raise
        reason = str(error).strip().splitlines()[0].rstrip(".")
        where = f"The warehouse of {settings.home} does not answer at port {settings.pg_port}"
        print(f"error: {where}: {reason}. `make up` starts it; `make status` says what runs.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing is lost, run it again to go on", file=sys.stderr)
        return 130


def _run(settings: Settings, _) -> None:
    from vrn.run.local import home

    console, since = home.terminal(), datetime.now(UTC)
    failed = None
    try:
        home.run(settings, console, since)
    except VrnError as error:
        failed = error
    # What is built is there, though the run ends with an error.
    home.report(settings, console, since)
    if failed:
        raise failed
    for name, address in home.addresses(settings):
        console.print(f"{name:<10} {address}")


def _up(settings: Settings, _) -> None:
    from vrn.run.local import home

    console = home.terminal()
    home.up(settings, console)
    for name, address in home.addresses(settings):
        console.print(f"{name:<10} {address}")


def _down(settings: Settings, _) -> None:
    from vrn.run.local import home

    home.down(settings, home.terminal())


def _clean(settings: Settings, _) -> None:
    from vrn.run.local import home

    home.clean(settings, home.terminal())


def _status(settings: Settings, _) -> None:
    from vrn.run.local import home, status

    status.show(settings, home.terminal())


def _env(settings: Settings, chosen) -> None:
    settings.password(chosen.role)
    for name, value in _libpq(settings, chosen.role).items():
        print(f"export {name}={shlex.quote(value)}")


def _psql(settings: Settings, chosen) -> None:
    from vrn.run.local import postgres

    settings.password(chosen.role)
    os.execve(postgres.binaries() / "psql", ["psql"], {**os.environ, **_libpq(settings, chosen.role)})


def _libpq(settings: Settings, role: str) -> dict[str, str]:
    return {
        "PGHOST": settings.pg_host,
        "PGPORT": str(settings.pg_port),
        "PGDATABASE": settings.database_of(role),
        "PGUSER": role,
        "PGPASSFILE": str(settings.passfile(role)),
    }


def _deploy(settings: Settings, chosen) -> None:
    from vrn.run import deploy, hand_out

    own = {
        "secrets": hand_out.to_other_images,
        "migrate": deploy.migrate,
        "site": deploy.serve_site,
        "partner-pages": deploy.serve_partner_pages,
        "demo": deploy.demo,
        "worker": deploy.work,
    }
    if chosen.service in own:
        own[chosen.service](settings)
    else:
        deploy.serve(settings, chosen.service)


def _synthetic(settings: Settings, _) -> None:
    from vrn.run.local import home

    if not home.fill(settings, home.terminal(), is_full=True):
        print("Something came already, or waits in the inbox: no synthetic delivery was written.")


def _headline(settings: Settings, _) -> None:
    from vrn.report import headline
    from vrn.run.local import home
    from vrn.warehouse.connection import connect

    with connect(settings, "vrn_owner") as connection:
        headline.show(settings, connection, home.terminal())


def _check(settings: Settings, _) -> int:
    from vrn.run import check

    is_wrong = False
    for is_mistake, told in check.everything(settings):
        print(f"error: {told}" if is_mistake else told, file=sys.stderr if is_mistake else sys.stdout)
        is_wrong = is_wrong or is_mistake
    return int(is_wrong)


def _agreement(settings: Settings, chosen) -> None:
    from vrn.feeds import catalogue
    from vrn.ledger import agreement_draft

    print(agreement_draft.of(catalogue.every(settings.contracts), chosen.feed, chosen.supplier), end="")


def _docs(settings: Settings, _) -> int:
    from vrn.build import dbt
    from vrn.report import indicator_pages

    if (page := dbt.document(settings)) is None:
        print("the documentation was not made")
        return 1
    print(f"documentation of the models: {page}")
    print(f"documentation of the indicators, for evaluators only: {indicator_pages.write(settings)}")
    return 0


def _templates(settings: Settings, _) -> None:
    from vrn.feeds import templates

    written = templates.write_all(settings)
    print(f"{len(written)} templates written into {written[0].parent}")


def _build(settings: Settings, _) -> None:
    from vrn.build import steps
    from vrn.publish import readers
    from vrn.report import partner_pages

    try:
        steps.everything()
    except steps.BuildFailed:
        # What is built is there, though some figures were left out. Of two failures the first is said.
        with suppress(VrnError):
            readers.fill(settings)
        raise
    readers.fill(settings)
    partner_pages.refresh(settings)
    print("built: every layer is what the deliveries and the project say")


def _decide(settings: Settings, chosen) -> int:
    from vrn.run import decision_commands

    return decision_commands.carry_out(settings, chosen)


def _project(settings: Settings, chosen) -> int:
    from vrn.run import project_command

    return project_command.carry_out(settings, chosen.name or None)


def _rotate_key(settings: Settings, chosen) -> None:
    from vrn.run import deploy, rotate
    from vrn.run.local import airflow, offline

    environment = deploy.environment if settings.is_deployed else airflow.environment
    with offline.warehouse_alone(settings):
        print(rotate.rotate(settings, chosen.key, environment(settings)))


def _release(settings: Settings, chosen) -> None:
    from vrn.run import release_command
    from vrn.run.local import home

    console = home.terminal()
    release_id = release_command.carry_out(settings, console, chosen.note, chosen.reason or None)
    console.print(f"released: {release_id} (publish.release)")


def _release_preview(settings: Settings, _) -> None:
    from vrn.run import release_command
    from vrn.run.local import home

    print(release_command.preview(settings, home.terminal()))


def _readers(settings: Settings, _) -> None:
    from vrn.publish import readers

    readers.fill(settings)
    print(f"readers:  {settings.readers_database} holds what publish holds")


def _site(settings: Settings, _) -> None:
    from vrn.report import site

    print(f"site: {site.build(settings) / 'index.html'}")


def _partner_pages(settings: Settings, _) -> None:
    from vrn.report import partner_pages

    print(f"partner pages: {partner_pages.build(settings)}")


COMMANDS = {
    "project": _project,
    "readers": _readers,
    "release": _release,
    "release-preview": _release_preview,
    "rotate-key": _rotate_key,
    "site": _site,
    "partner-pages": _partner_pages,
    "templates": _templates,
    "build": _build,
    **dict.fromkeys(DECISIONS, _decide),
    "run": _run,
    "up": _up,
    "down": _down,
    "clean": _clean,
    "status": _status,
    "env": _env,
    "psql": _psql,
    "deploy": _deploy,
    "synthetic": _synthetic,
    "headline": _headline,
    "check": _check,
    "agreement": _agreement,
    "docs": _docs,
}

if __name__ == "__main__":
    # What we write and the services that we start write is nobody else's, but for what modes names.
    os.umask(modes.UMASK)
    sys.exit(main())
