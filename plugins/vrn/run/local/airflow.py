"""Airflow in a home: its configuration, and its four processes started and stopped each by its own pid."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from vrn import whole_file
from vrn.errors import HomeError
from vrn.feeds import code_files
from vrn.run import prepare, secrets, workers
from vrn.run.airflow_api import USER
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.roles import AIRFLOW

# Not the script of that name: its first line is the path of Python, which a system does not read past a space.
COMMAND = (sys.executable, "-P", "-m", "airflow")
PROCESSES = ("api-server", "scheduler", "dag-processor", "triggerer")
# Those whose loops ask the database in each round.
RESTING = ("dag-processor", "triggerer")
# Where Airflow looks for each of its tokens.
TOKENS = {
    secrets.FERNET_KEY: "AIRFLOW__CORE__FERNET_KEY",
    secrets.API_SECRET: "AIRFLOW__API__SECRET_KEY",
    secrets.JWT_SECRET: "AIRFLOW__API_AUTH__JWT_SECRET",
}
# Their log servers would listen on every interface; the API server reads the logs from the home itself.
ARGUMENTS = {"scheduler": ["--skip-serve-logs"], "triggerer": ["--skip-serve-logs"]}
WORKER = ("celery", "worker", "--skip-serve-logs")
# A task under way is asked to end as well; what still waits in the scheduler's queue would be taken up for as long as it is let.
SECONDS_TO_STOP = 8


def environment(settings: Settings, process: str | None = None) -> dict[str, str]:
    """The whole configuration of Airflow as environment variables; nothing is read from elsewhere.

    process: one of PROCESSES or a worker, which is told the tokens that it needs; a command that only works on the database needs
    none.
    """
    tokens = secrets.SERVICES[process].tokens if process else ()
    home = settings.home / "airflow"
    address = f"http://127.0.0.1:{settings.airflow_port}"
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(REPOSITORY / "plugins"),
        "AIRFLOW_HOME": str(home),
        "VRN_HOME": str(settings.home),
        "VRN_INBOX": str(settings.inbox),
        "VRN_PG_PORT": str(settings.pg_port),
        "VRN_AIRFLOW_PORT": str(settings.airflow_port),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__EXECUTOR": "vrn.run.local.executor.RestingExecutor",
        # Two of them are a build that waits and what shows it.
        "AIRFLOW__CORE__PARALLELISM": str(2 * max(2, os.cpu_count() or 2) + 2),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        **{variable: settings.secret(name) for name, variable in TOKENS.items() if name in tokens},
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(settings)),
        **(database(settings, settings.pg_host, settings.pg_port) if opens_database(process) else {}),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.logs / "airflow"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(settings.logs / "airflow" / "dag_processor"),
        # It sets the modes of its log files itself, whatever the umask.
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        # A DAG file that changes is read at once, and a new DAG file or a change of a feed file is found within 20 seconds.
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(
            [{"name": "dags-folder", "classpath": "vrn.run.dag_bundle.DagsOfFeeds", "kwargs": {}}]
        ),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "8",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        # A DAG that its file does not make any more goes, if the file made it so long before it was last read.
        "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "10",
        # The executor rests instead (vrn.run.local.executor).
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "16",
        # A supervisor can miss its task's end and then sleeps this long (5 s unless told otherwise).
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "GX_ANALYTICS_ENABLED": "false",
        # Great Expectations makes a temporary folder for each context; it lies in the home like everything else.
        "TMPDIR": str(settings.home / "tmp"),
        "DO_NOT_TRACK": "1",
        **(workers.environment(settings) if settings.queue and secrets.QUEUE_PASSWORD in tokens else {}),
    }


def opens_database(process: str | None) -> bool:
    """Whether a process works on Airflow's own database: all do but workers, who ask the API server."""
    return process is None or AIRFLOW in secrets.SERVICES[process].passwords


def database(settings: Settings, host: str, port: int) -> dict[str, str]:
    """Where Airflow's own database is, and the password that opens it."""
    url = URL.create("postgresql+psycopg2", AIRFLOW, settings.password(AIRFLOW), host, port, "airflow")
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url.render_as_string(hide_password=False),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False),
    }


@contextlib.contextmanager
def prepared(settings: Settings) -> Iterator[None]:
    """Make Airflow's database and bring it to this version, while the caller does something else. Raises HomeError at the end."""
    with prepare.superuser(settings, "postgres") as connection:
        prepare.ensure_service(connection, AIRFLOW, settings.password(AIRFLOW))
        prepare.ensure_database(connection, "airflow", AIRFLOW)
    write_passwords(settings)
    log = settings.logs / "airflow-migrate.log"
    with (
        log.open("w") as out,
        subprocess.Popen([*COMMAND, "db", "migrate"], env=_whole(settings), stdout=out, stderr=out) as done,
    ):
        yield
    if done.returncode != 0:
        raise HomeError(f"Airflow's database could not be made ready; the reason is at the end of {log}.")


def write_passwords(settings: Settings, path: Path | None = None) -> None:
    """The file from which Airflow's simple auth manager knows its one user. path: where, when not in the home."""
    passwords = path or passwords_file(settings)
    passwords.parent.mkdir(parents=True, exist_ok=True)
    whole_file.write(passwords, json.dumps({USER: settings.secret(secrets.ADMIN)}), mode=0o600)


def passwords_file(settings: Settings) -> Path:
    return settings.home / "airflow" / "passwords.json"


def command(name: str) -> list[str]:
    """What becomes one of PROCESSES."""
    start = (*COMMAND[:-1], "vrn.run.local.seldom") if name in RESTING else COMMAND
    return [*start, name, *ARGUMENTS.get(name, [])]


def start(settings: Settings) -> None:
    """Start what does not run yet. Nothing waits here; see vrn.run.local.ready."""
    for name in PROCESSES:
        if is_running(settings, name):
            continue
        log = log_file(settings, name).open("a")
        process = subprocess.Popen(
            command(name),
            env=_whole(settings, name),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        _keep_pid(settings, name, process.pid)


def _keep_pid(settings: Settings, name: str, number: int) -> None:
    # Whole, because half of it would say that nothing runs. After a power cut nothing does.
    whole_file.write(_pid_file(settings, name), f"{number} {_started(number)}", is_synced=False)


def is_outdated(settings: Settings) -> bool:
    """Whether the library changed since the scheduler, of which every task is a copy, was started."""
    if not is_running(settings, "scheduler"):
        return False
    started = _pid_file(settings, "scheduler").stat().st_mtime
    return any(path.stat().st_mtime > started for path in code_files.of(REPOSITORY / "plugins", "**/*.py"))


def log_file(settings: Settings, name: str) -> Path:
    """What a process says; tasks have logs of their own."""
    return settings.logs / f"airflow-{name}.log"


def started_at(settings: Settings, name: str) -> datetime | None:
    """When a process was last started, in UTC, alive or not; None where it was stopped or never started."""
    try:
        return datetime.fromtimestamp(_pid_file(settings, name).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def is_running(settings: Settings, name: str) -> bool:
    return pid(settings, name) is not None


def pid(settings: Settings, name: str) -> int | None:
    """The pid of a process of ours that lives. A pid is used again in time, so its start time has to agree."""
    try:
        number, started = _pid_file(settings, name).read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        return None
    return int(number) if started and _started(int(number)) == started else None


def _started(number: int) -> str | None:
    """When a process started, in the kernel's ticks; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def stop(settings: Settings) -> None:
    """Ask each process and all it started to end; insist after a while."""
    running = {name: number for name in PROCESSES if (number := pid(settings, name)) is not None}
    for number in running.values():
        _signal(number, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    while time.monotonic() < deadline and any(is_running(settings, name) for name in running):
        time.sleep(0.2)
    for number in running.values():
        # Its session may hold children that outlived it.
        _signal(number, signal.SIGKILL)
    for name in PROCESSES:
        _pid_file(settings, name).unlink(missing_ok=True)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _whole(settings: Settings, process: str | None = None) -> dict[str, str]:
    (settings.home / "tmp").mkdir(exist_ok=True)
    return {**os.environ, **environment(settings, process)}


def _pid_file(settings: Settings, name: str) -> Path:
    folder = settings.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.pid"
