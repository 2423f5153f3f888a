"""A Redis of the tests' own, Debian's, started as docker-compose.yaml starts its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

import redis
from tests.ports import free_port
from tests.waiting import until
from vrn.run import workers
from vrn.settings import REPOSITORY, Settings

PROGRAM = shutil.which("redis-server")
SERVICE = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text())["services"]["redis"]
NOT_THERE = "redis-server is not installed (make test-packages)"


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen

    def client(self, password: str | None) -> redis.Redis:
        """Without a second try, whatever the first one says."""
        return redis.Redis(port=self.port, password=password, retry=Retry(NoBackoff(), 0))


@contextmanager
def running(settings: Settings, folder: Path) -> Iterator[Server]:
    """A server that keeps what it has in the folder and lets in whoever has the home's password."""
    folder.mkdir(exist_ok=True)
    (folder / "users.acl").write_text(workers.users(settings))
    command = [word.replace("/run/vrn-secrets", str(folder)).replace("/data", str(folder)) for word in SERVICE["command"]]
    port, log = free_port(), folder / "log"
    with log.open("w") as out, subprocess.Popen([*command, "--bind", "127.0.0.1", "--port", str(port)], stdout=out) as server:
        try:
            until(lambda: "Ready to accept connections" in log.read_text() or server.poll() is not None, "Redis to start")
            assert server.poll() is None, log.read_text()
            yield Server(port, server)
        finally:
            server.terminate()
