"""What Airflow's API says of runs, for tests of who asks it; Airflow itself is in tests/end_to_end."""

from __future__ import annotations

import io
import urllib.error
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HEALTHY = {part: {"status": "healthy"} for part in ("scheduler", "triggerer", "dag_processor")}


def answered(code: int) -> urllib.error.HTTPError:
    return urllib.error.HTTPError("http://airflow", code, "a reason", None, io.BytesIO())


def page(name: str, rows: list[dict], query: str) -> dict:
    """A page of a list; of no page are there more rows than a hundred, whatever limit is asked for."""
    asked = dict(urllib.parse.parse_qsl(query))
    start = int(asked.get("offset", 0))
    return {name: rows[start : start + min(100, int(asked["limit"]))], "total_entries": len(rows)}


@dataclass
class Airflow:
    """Runs under way by their DAG, and for each DAG the tasks that failed in its last run with what they raised."""

    active: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    failed: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    # What led to that, by the DAG: classes and texts.
    led: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    import_errors: dict[str, str] = field(default_factory=dict)
    health: dict[str, dict] = field(default_factory=lambda: dict(HEALTHY))
    started: list[str] = field(default_factory=list)
    # What it raises instead of any answer.
    trouble: OSError | None = None
    # What a run does that was asked for.
    does: Callable[[str], object] = lambda _: None

    def call(self, method: str, path: str, body: dict | None = None) -> Any:
        if self.trouble is not None:
            raise self.trouble
        parts = urllib.parse.urlsplit(path)
        words = parts.path.strip("/").split("/")
        if method == "POST":
            return self._start(words[1], path)
        if words == ["monitor", "health"]:
            return self.health
        if words == ["importErrors"]:
            errors = [
                {"filename": name, "stack_trace": f'Traceback:\n  File "{name}", line 7\n    x = (\n{text}\n'}
                for name, text in self.import_errors.items()
            ]
            return page("import_errors", errors, parts.query)
        if words == ["dags"]:
            return page("dags", [{"dag_id": dag} for dag in sorted(self.paused)], parts.query)
        if words == ["dags", "~", "dagRuns"]:
            return page("dag_runs", [{"dag_id": dag} for dag in sorted(self.active)], parts.query)
        if words[-1] == "dagRuns":
            state = "failed" if words[1] in self.failed else "success"
            return {"dag_runs": [{"dag_run_id": "manual__1", "state": state}]}
        if words[-1] == "taskInstances":
            names = enumerate(name for name, *_ in self.failed.get(words[1], []))
            keys = ("task_id", "end_date", "try_number", "map_index")
            rows = [dict(zip(keys, (name, str(number), 1, -1), strict=True)) for number, name in names]
            return page("task_instances", rows, parts.query)
        raised = next((one, text) for name, one, text in self.failed[words[1]] if name == words[5])
        errors = [dict(zip(("exc_type", "exc_value"), one, strict=True)) for one in (raised, *self.led.get(words[1], ()))]
        return {"content": [{"event": "it failed", "error_detail": errors}, "a line that is no event"]}

    def _start(self, dag_id: str, path: str) -> dict:
        if dag_id in self.unknown:
            raise answered(404)
        self.started.append(dag_id)
        self.does(dag_id)
        return {}
