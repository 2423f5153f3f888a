"""The services of a deployment (docker-compose.yaml): each is this, in the image, with secrets from a volume."""

from __future__ import annotations

import os
import secrets as randomness
import shutil
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from vrn.access import roles as access
from vrn.access import secrets, tls
from vrn.errors import HomeError
from vrn.report import site
from vrn.run import prepare
from vrn.run.local import airflow
from vrn.settings import Settings
from vrn.warehouse.roles import AIRFLOW

AIRFLOW_HOST = "airflow-db"
SECONDS_TO_MEND = 30
API_PORT, SITE_PORT = 8080, 8080
# What other images are given of the secrets: the folder (a volume), the image's user, and its files under the names it expects.
DATABASES, BI = Path("/var/lib/vrn-databases"), Path("/var/lib/vrn-bi")
POSTGRES_USER, VRN_USER, SUPERSET_USER = 999, 50000, 50001
OF_DATABASES = ("password_postgres", "password_airflow")
SUPERSET_KEY, SUPERSET_ADMIN = "superset_secret_key", "superset_admin_password"


def environment(settings: Settings) -> dict[str, str]:
    """Airflow's configuration, as in a local home but for where its database and API server are."""
    url = f"{AIRFLOW}:{settings.password(AIRFLOW)}@{AIRFLOW_HOST}:5432/airflow"
    return {
        **airflow.environment(settings),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{url}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg://{url}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://api-server:{API_PORT}/execution/",
        "AIRFLOW__API__HOST": "0.0.0.0",
        "AIRFLOW__API__PORT": str(API_PORT),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{settings.airflow_port}",
    }


def hand_out(settings: Settings) -> None:
    """Make the secrets that are missing, and give each image those that it needs and no others. As root, before anything starts."""
    secrets.ensure(settings)
    secrets.ensure_projects(settings)
    secrets.once(settings, SUPERSET_KEY, randomness.token_urlsafe(42))
    secrets.once(settings, SUPERSET_ADMIN, randomness.token_urlsafe(12))
    of_databases = {name: name for name in OF_DATABASES}
    of_bi = {name: name for name in (SUPERSET_KEY, SUPERSET_ADMIN, f"password_{access.BI_READER}")}
    names = os.environ.get("VRN_TLS_NAMES")
    if names is not None:
        tls.ensure(settings, names.split())
        of_databases |= {tls.CERTIFICATE: tls.CERTIFICATE, tls.KEY: tls.KEY}
        of_bi |= {tls.CA_CERTIFICATE: "ca.crt"}
    _copy(settings.secrets, DATABASES, of_databases, POSTGRES_USER)
    _copy(settings.secrets, BI, of_bi, SUPERSET_USER)
    for folder in (settings.home, settings.public):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", "-R", str(VRN_USER), str(folder)], check=True)
    # The warehouse writes its log there; our group reads it, and deletes what was read (vrn.access.audit).
    logs = settings.server_log
    logs.mkdir(parents=True, exist_ok=True)
    for path in (logs, *logs.iterdir()):
        os.chown(path, POSTGRES_USER, VRN_USER)
    logs.chmod(0o2770)


def _copy(source: Path, target: Path, names: Mapping[str, str], user: int) -> None:
    """Exactly these files, readable by one user: what is handed out no more is taken away."""
    target.mkdir(parents=True, exist_ok=True)
    for path in target.iterdir():
        if path.name not in names.values():
            path.unlink()
    for name, given in names.items():
        aside = target / f".{given}"
        shutil.copyfile(source / name, aside)
        aside.chmod(0o600)
        os.chown(aside, user, user)
        aside.rename(target / given)
    target.chmod(0o700)
    os.chown(target, user, user)


def serve(settings: Settings, service: str) -> None:
    """Become one of Airflow's processes."""
    for path in (settings.logs, settings.inbox, settings.landing, settings.data_docs, settings.home / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
    os.execvpe("airflow", ["airflow", service, *airflow.ARGUMENTS.get(service, [])], {**os.environ, **environment(settings)})


def serve_site(settings: Settings) -> None:
    """The outcomes site, of which this process sees the published files and nothing else."""
    from vrn.report.site import serve

    serve.server(site.folder(settings), SITE_PORT).run()


def migrate(settings: Settings) -> None:
    """Bring the warehouse and Airflow's database to this version."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    prepare.prepare(settings)
    # Until the first release the site is a page that says so.
    if not site.folder(settings).exists():
        site.build(settings)
    airflow.write_passwords(settings)
    done = subprocess.run(["airflow", "db", "migrate"], env={**os.environ, **environment(settings)}, check=False)
    if done.returncode != 0:
        raise HomeError("Airflow's database could not be made ready; the reason is above.")


def demo(settings: Settings) -> None:
    """Write synthetic deliveries unless something came, wait until the indicators are built, and say so by a file."""
    from vrn.run.local import home, progress

    # The service's health check looks for it.
    is_built = settings.home / "demo-is-built"
    is_built.unlink(missing_ok=True)
    console, since = home.terminal(), datetime.now(UTC)
    home.fill(settings, console)
    while not is_built.exists():
        try:
            with progress.shown(console) as show:
                home.wait_until_done(settings, console, show, since)
        except HomeError as error:
            # Somebody may mend it; until then the service is not healthy.
            console.print(f"error: {error}")
            time.sleep(SECONDS_TO_MEND)
            continue
        is_built.touch()
    os.execvp("sleep", ["sleep", "infinity"])
