"""An OpenSSH server of the tests' own that serves files to whoever has its key, and to nobody else."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.waiting import until

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class Server:
    """Where it answers, the key that it lets in, and its own public key."""

    port: int
    key: Path
    host_key: str

    def connection(self, **extra: str) -> dict:
        """What an Airflow connection to it says."""
        return {
            "conn_type": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "login": getpass.getuser(),
            "extra": {"key_file": str(self.key), **extra},
        }


def new_key(path: Path) -> str:
    """Make a key; returns its public half without the comment."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


@contextmanager
def running(place: Path) -> Iterator[Server]:
    """A server with its keys and log in the folder `place`; a skip that says so where OpenSSH is not installed."""
    if SSHD is None or shutil.which("ssh-keygen") is None:
        pytest.skip("no OpenSSH server is installed here (Debian: apt-get install openssh-server)")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    place.mkdir()
    host_key = new_key(place / "host_key")
    (place / "authorized_keys").write_text(new_key(place / "login_key"))
    port = free_port()
    (place / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host_key\nAuthorizedKeysFile {place}/authorized_keys\n"
        f"PidFile {place}/pid\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        "Subsystem sftp internal-sftp\n"
    )
    # -D keeps it in the foreground, as a child that we can end.
    with (place / "log").open("wb") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", place / "config"], stderr=log)
    try:
        until(lambda: _answers(port, process, place / "log"), "an answer of sshd")
        yield Server(port, place / "login_key", host_key)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int, process: subprocess.Popen, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
