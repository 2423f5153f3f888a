"""A server of Debian's PostgreSQL 15, for what the wheel's PostgreSQL 18 is built without: TLS, and pgaudit."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port
from tests.waiting import LONGEST

HOME = Path("/usr/lib/postgresql/15")
PASSWORD = "of-a-test"


def has(file: str) -> bool:
    return (HOME / file).exists()


@contextmanager
def running(config: str, files: Mapping[str, bytes] = {}) -> Iterator[tuple[Path, dict]]:
    """Its folder, and how the superuser connects. `{folder}` in the configuration is that folder, in which the files lie."""
    # Not in pytest's own folder, which only its user may enter: PostgreSQL refuses to run as root.
    folder = Path(tempfile.mkdtemp())
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    port = free_port()

    def run(program: str, *arguments: object) -> None:
        with (folder / "said").open("w") as said:
            subprocess.run(
                [HOME / "bin" / program, "-D", folder / "data", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, user=user.pw_uid, cwd=folder,
            )  # fmt: skip

    ours = f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n"
    for name, content in {**files, "postgresql.conf": (config + "\n" + ours).encode(), "password": PASSWORD.encode()}.items():
        (folder / name).write_bytes(content.replace(b"{folder}", str(folder).encode()))
        (folder / name).chmod(0o600)
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    run("initdb", "-U", "postgres", "-E", "UTF8", f"--pwfile={folder}/password", "--auth=scram-sha-256", "--no-sync")
    run("pg_ctl", "-w", "-t", LONGEST, "-l", folder / "early.log", "-o", f"-c config_file={folder}/postgresql.conf", "start")
    try:
        yield folder, {"host": "127.0.0.1", "port": port, "user": "postgres", "dbname": "postgres", "password": PASSWORD}
    finally:
        run("pg_ctl", "-w", "-t", LONGEST, "-m", "immediate", "stop")
        shutil.rmtree(folder)
