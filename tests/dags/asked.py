"""A DAG file is asked in a process of its own, because Airflow reads its settings once a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from vrn.settings import REPOSITORY

SAYS = "RESULT"


def ask(script: str, dags: Path, home: Path, given: object = None, **environment: str) -> Any:
    """What a script answers in JSON, on a line that begins with SAYS. It has the DAG file or folder as its argument, what is given
    in JSON on its input, and an Airflow home without a database."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(dags)],
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "plugins"),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/none.db",
            **environment,
        },
        input=json.dumps(given), capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith(SAYS)]
    assert lines, done.stderr[-2000:]
    return json.loads(lines[-1].removeprefix(SAYS))
