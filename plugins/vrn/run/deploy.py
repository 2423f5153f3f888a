"""The services of a deployment (docker-compose.yaml): each is this, in the image, with secrets from a volume."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from vrn.errors import HomeError
from vrn.report import partner_pages, site
from vrn.run import hand_out, prepare
from vrn.run.local import airflow
from vrn.settings import Settings

AIRFLOW_HOST = "airflow-db"
SECONDS_TO_MEND = 30
API_PORT, SITE_PORT = 8080, 8080
# Of the API server's own container, which no other service sees.
PASSWORDS_FILE = Path.home() / "airflow-passwords.json"


def environment(settings: Settings, service: str | None = None) -> dict[str, str]:
    """Airflow's configuration, as in a local home but for where its database and API server are."""
    return {
        **airflow.environment(settings, service),
        **(airflow.database(settings, AIRFLOW_HOST, 5432) if airflow.opens_database(service) else {}),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://api-server:{API_PORT}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(PASSWORDS_FILE),
        "AIRFLOW__API__HOST": "0.0.0.0",
        "AIRFLOW__API__PORT": str(API_PORT),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{settings.airflow_port}",
    }


def serve(settings: Settings, service: str) -> None:
    """Become one of Airflow's processes."""
    for path in (settings.logs, settings.inbox, settings.landing, settings.data_docs, settings.home / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
    if service == "api-server":
        airflow.write_passwords(settings, PASSWORDS_FILE)
    told = environment(settings, service)
    command = airflow.command(service)
    os.execvpe(command[0], command, {**os.environ, **told})


def work(settings: Settings) -> None:
    """Become a worker, which takes tasks out of the queue. Raises HomeError where nobody puts any into it."""
    if not settings.queue:
        raise HomeError(
            "This worker would wait for ever, because the scheduler was not told of it. Say the profile in the environment, which "
            "every service sees, and not as an option: `COMPOSE_PROFILES=celery docker compose up -d --wait --scale worker=2`."
        )
    os.execvpe("airflow", ["airflow", *airflow.WORKER], {**os.environ, **environment(settings, "worker")})


def serve_site(settings: Settings) -> None:
    """The outcomes site, of which this process sees the published files and nothing else."""
    from vrn.report.site import serve

    serve.server(site.folder(settings), SITE_PORT).run()


def serve_partner_pages(settings: Settings) -> None:
    """The pages of partners, of which each sees its own: this process has their passwords and no other secret."""
    from vrn.report.partner_pages import serve

    serve.server(settings, SITE_PORT).run()


def migrate(settings: Settings) -> None:
    """Bring the warehouse and Airflow's database to this version, make the keys that are new, and give our services theirs."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    prepare.prepare(settings)
    hand_out.to_ours(settings)
    # Until the first release the site is a page that says so.
    if not site.folder(settings).exists():
        site.build(settings)
    if not partner_pages.folder(settings).exists():
        partner_pages.build(settings)
    # Where it was before, every service could read it.
    airflow.passwords_file(settings).unlink(missing_ok=True)
    done = subprocess.run(["airflow", "db", "migrate"], env={**os.environ, **environment(settings)}, check=False)
    if done.returncode != 0:
        raise HomeError("Airflow's database could not be made ready; the reason is above.")


def demo(settings: Settings) -> None:
    """Write synthetic deliveries unless something came, wait until the indicators are built, and say so by a file and a report."""
    from vrn.run.local import done, home, progress

    # The service's health check looks for it.
    is_built = settings.home / "demo-is-built"
    is_built.unlink(missing_ok=True)
    console, since = home.terminal(), datetime.now(UTC)
    home.fill(settings, console, is_full=settings.is_full_demo)
    while not is_built.exists():
        try:
            with progress.shown(console) as show:
                done.until_done(settings, console, show, since)
        except HomeError as error:
            # Somebody may mend it; until then the service is not healthy.
            console.print(f"error: {error}")
            time.sleep(SECONDS_TO_MEND)
            continue
        is_built.touch()
    # Whoever reads the service's log sees what whoever calls `make run` sees.
    home.report(settings, console, since)
    os.execvp("sleep", ["sleep", "infinity"])
