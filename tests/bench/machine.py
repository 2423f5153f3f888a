"""Homes and servers of a bench's own: in a temporary folder, on free ports, and gone with the
block.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.ports import free_port
from vrn.run import prepare, secrets
from vrn.run.local import postgres
from vrn.settings import REPOSITORY, Settings


@contextmanager
def home(**variables: str) -> Iterator[Settings]:
    """An empty home, and the environment that points to it, for this process and those that it starts.

    variables: more of the environment, such as VRN_CONTRACTS; `{home}` in them is the home's folder.
    """
    with tempfile.TemporaryDirectory(prefix="vrn-bench-") as folder, patch.dict(os.environ):
        # The server runs as another user, and reads a file for COPY.
        Path(folder).chmod(0o711)
        # What the caller's environment says of its own home must not reach this one.
        for name in [name for name in os.environ if name.startswith("VRN_")]:
            del os.environ[name]
        os.environ |= {
            "VRN_HOME": folder,
            "VRN_PG_PORT": str(free_port()),
            "VRN_AIRFLOW_PORT": str(free_port()),
            "VRN_REST_SECONDS": "0",
            "PYTHONPATH": f"{REPOSITORY / 'plugins'}:{REPOSITORY}",
        }
        os.environ |= {name: value.format(home=folder) for name, value in variables.items()}
        settings = Settings()
        settings.logs.mkdir()
        yield settings


@contextmanager
def server(**variables: str) -> Iterator[Settings]:
    """A home whose PostgreSQL runs, with a prepared and empty warehouse; without Airflow."""
    with home(**variables) as settings, _quiet("vrn.run.ingest"):
        secrets.ensure(settings)
        try:
            postgres.start(settings)
            prepare.prepare(settings)
            yield settings
        finally:
            postgres.stop(settings)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """No Airflow listens, so no run's note can be written, and every run says so."""
    logger = logging.getLogger(name)
    usual = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(usual)
