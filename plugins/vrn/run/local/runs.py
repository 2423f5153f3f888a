"""Airflow's runs as `make run` asks for them: which go on, which are switched off, why one failed; and one more if need be."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
from http import HTTPStatus

from vrn.feeds.shown import PREFIX as INGEST
from vrn.run.airflow_api import AirflowApi
from vrn.run.local import ours

DAG_OF_BUILD, DAG_OF_APPROVAL = "build_outcomes", "approve_held"
OF_FEED_FILES = "feed_files.py"
# It says again what the tasks before it said.
LAST_TASK = "conclude"
MORE = "the task's log in Airflow says more."
# Airflow's own limit (maximum_page_limit): it takes a greater one for this one and says nothing.
MOST_A_PAGE = 100
COMPONENTS = {"scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "dag-processor"}


class Runs:
    """What goes on in Airflow. Every method raises OSError, as AirflowApi.call does."""

    def __init__(self, api: AirflowApi):
        self._api = api

    def paused(self) -> frozenset[str]:
        """The DAGs that somebody switched off: their runs wait until they are switched on again."""
        return frozenset(dag["dag_id"] for dag in self._all("/dags?paused=true", "dags"))

    def active(self) -> frozenset[str]:
        """The DAGs of feeds and of the build that have a run under way or queued."""
        runs = self._all("/dags/~/dagRuns?state=queued&state=running", "dag_runs")
        return frozenset(run["dag_id"] for run in runs if run["dag_id"].startswith(INGEST) or run["dag_id"] == DAG_OF_BUILD)

    def known(self) -> frozenset[str]:
        return frozenset(dag["dag_id"] for dag in self._all("/dags", "dags"))

    def start(self, dag_id: str) -> bool:
        """One more run. Returns whether Airflow knows the DAG."""
        return self._of_dag("POST", dag_id, "", {"logical_date": None}) is not None

    def unhealthy(self) -> list[str]:
        """The parts of Airflow that have not given a sign of life for half a minute."""
        health = self._api.call("GET", "/monitor/health")
        return [name for part, name in COMPONENTS.items() if health[part]["status"] != "healthy"]

    def import_errors(self) -> str:
        """What Airflow says of DAG files that it cannot read; empty where it reads all.

        Left out is what dags/feed_files.py says of feed files: vrn.run.local.inbox.feeds says the same of each.
        """
        found = self._all("/importErrors", "import_errors")
        told = [f"dags/{one['filename']}{_reason(one['stack_trace'])}" for one in found if one["filename"] != OF_FEED_FILES]
        return f"Airflow cannot read {'; '.join(told)}" if told else ""

    def has_failed(self, dag_id: str) -> bool:
        """Whether a DAG's last run, ended, failed."""
        return any(run["state"] == "failed" for run in self._last(dag_id))

    def why_failed(self, dag_id: str, task_id: str | None = None) -> str:
        """A sentence on the task that failed first in a DAG's last run; empty where none did, or (`task_id`) not that one."""
        for run in self._last(dag_id):
            path = f"/dags/{dag_id}/dagRuns/{urllib.parse.quote(run['dag_run_id'], safe='')}/taskInstances"
            failed = self._all(f"{path}?state=failed", "task_instances")
            for task in sorted(failed, key=lambda one: (one["task_id"] == LAST_TASK, one["end_date"] or "")):
                if task_id is not None and task["task_id"] != task_id:
                    continue
                return f"`{task['task_id']}` of {dag_id} failed: {self._said(path, task)}"
        return ""

    def _last(self, dag_id: str) -> list[dict]:
        # A DAG that Airflow does not know has no runs.
        return (self._of_dag("GET", dag_id, "?order_by=-run_after&limit=1") or {"dag_runs": []})["dag_runs"]

    def _all(self, path: str, of: str) -> list[dict]:
        """Everything that a list of Airflow's has, page by page: questions that wait for a person would hide a run under way."""
        rows: list[dict] = []
        while True:
            page = self._api.call("GET", f"{path}{'&' if '?' in path else '?'}limit={MOST_A_PAGE}&offset={len(rows)}")
            rows += page[of]
            if not page[of] or len(rows) >= page["total_entries"]:
                return rows

    def _of_dag(self, method: str, dag_id: str, asked: str, body: dict | None = None) -> dict | None:
        """What Airflow answers of a DAG's runs; None where it does not know the DAG."""
        try:
            return self._api.call(method, f"/dags/{dag_id}/dagRuns{asked}", body)
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _said(self, path: str, task: dict) -> str:
        """The last sentence in a task's log that is ours, or the class of what was raised."""
        where = f"{path}/{task['task_id']}/logs/{task['try_number']}?full_content=true&map_index={task['map_index']}"
        try:
            lines = self._api.call("GET", where)["content"]
        except (OSError, KeyError, TypeError):
            lines = []
        raised = next(filter(None, map(_raised, reversed(lines))), [])
        for error in raised:
            if error["exc_type"] in ours.names():
                return error["exc_value"].strip()
        return f"{raised[-1]['exc_type']}; {MORE}" if raised else MORE


def _reason(trace: str) -> str:
    """The line of a traceback, and what was raised there."""
    lines = trace.strip().splitlines()
    raised = max((number for number, line in enumerate(lines) if line.startswith(" ")), default=-1) + 1
    where = re.findall(r"\bline \d+", "\n".join(lines[:raised]))
    return f"{', ' + where[-1] if where else ''}: {' '.join(lines[raised:])}"


def _raised(line: object) -> list[dict]:
    """The errors of a line of a log: what ended the task, and then what led there."""
    return (line.get("error_detail") or []) if isinstance(line, dict) else []
