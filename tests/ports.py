"""Ports for servers that tests start: each is given to one process only, however many run side by side."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import IO

# Below those that a system gives to outgoing connections (from 32768 on), so that none of these takes one.
PORTS = range(20_000, 30_000)
LOCKS = Path(tempfile.gettempdir()) / f"vrn-ports-of-tests-{os.getuid()}"
# Held as long as this process lives. Who only asks whether a port is free may find it taken when the server starts.
_held: list[IO] = []


def free_port() -> int:
    """A port on 127.0.0.1 that is nobody else's until this process ends."""
    LOCKS.mkdir(mode=0o700, exist_ok=True)
    for port in PORTS:
        lock = (LOCKS / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _held.append(lock)
        return port
    raise RuntimeError(f"no port is free between {PORTS.start} and {PORTS.stop}")
