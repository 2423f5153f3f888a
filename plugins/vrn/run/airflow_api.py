"""Airflow's own REST API, as a task or the local runner uses it: notes on runs, and the state of runs."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus
from typing import Any

from vrn.settings import Settings

USER = "admin"
SECONDS = 20


def trouble(error: OSError) -> str:
    """What Airflow did instead of what it was asked for, as words that follow its name. error: as `call` raises it."""
    if not isinstance(error, urllib.error.HTTPError):
        return f"does not answer ({getattr(error, 'reason', error)})"
    return f"refused the sign-in ({error.code})" if error.code == HTTPStatus.UNAUTHORIZED else f"answered {error.code}"


class AirflowApi:
    """A signed-in client of the API server."""

    def __init__(self, settings: Settings):
        self._base = os.environ.get("VRN_AIRFLOW_URL") or f"http://127.0.0.1:{settings.airflow_port}"
        self._password = settings.secret("airflow_admin_password")
        self._token: str | None = None

    def call(self, method: str, path: str, body: dict | None = None) -> Any:
        """Call an endpoint below /api/v2; returns the answer as data. Raises OSError, of which `trouble` says what it means."""
        if self._token is None:
            signed_in = self._send("POST", "/auth/token", {"username": USER, "password": self._password})
            self._token = signed_in["access_token"]
        return self._send(method, f"/api/v2{path}", body)

    def wake(self) -> None:
        """Have the server build the part that tasks talk to: its first answer takes seconds, and tasks wait only five."""
        self._send("GET", "/execution/health", None)

    def _send(self, method: str, path: str, body: dict | None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(
            self._base + path, method=method, headers=headers, data=json.dumps(body).encode() if body is not None else None
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def write_note(self, dag_id: str, run_id: str, note: str) -> None:
        """Set the note of a run. note: of no more characters than Airflow keeps (vrn.report.notes.fitting)."""
        quoted = urllib.parse.quote(run_id, safe="")
        self.call("PATCH", f"/dags/{dag_id}/dagRuns/{quoted}?update_mask=note", {"note": note})
