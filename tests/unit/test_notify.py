"""The one notifier, against a real SMTP server on this machine."""

from __future__ import annotations

import asyncore
import smtpd
import threading
from types import SimpleNamespace

import pytest

from vrn.report.notify import FailureNotifier


class Server(smtpd.SMTPServer):
    """Keeps what it is sent."""

    def __init__(self):
        self.sockets: dict = {}
        super().__init__(("127.0.0.1", 0), None, map=self.sockets)
        self.sent: list[tuple[list[str], str]] = []

    def process_message(self, peer, mailfrom, rcpttos, data, **_):
        self.sent.append((rcpttos, data.decode()))


@pytest.fixture
def server():
    server, done = Server(), threading.Event()

    def serve() -> None:
        while not done.is_set():
            asyncore.loop(timeout=0.1, count=1, map=server.sockets)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server
    done.set()
    thread.join()
    asyncore.close_all(server.sockets)


# As little as Airflow ever gives: no dag_run.
CONTEXT = {"dag": SimpleNamespace(dag_id="ingest__police_street_crime"), "run_id": "a run"}


def test_a_failed_run_is_told_by_mail_when_mail_is_configured(server, monkeypatch):
    port = server.socket.getsockname()[1]
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://127.0.0.1:{port}/?disable_ssl=true&disable_tls=true")
    monkeypatch.setenv("VRN_SMTP_TO", "engineers@example.org")
    FailureNotifier().notify(CONTEXT)
    ((recipients, text),) = server.sent
    assert recipients == ["engineers@example.org"]
    assert "ingest__police_street_crime failed" in text


def test_without_mail_configured_a_failed_run_is_still_in_the_log(monkeypatch, capsys):
    monkeypatch.delenv("VRN_SMTP_TO", raising=False)
    FailureNotifier().notify(CONTEXT)
    assert "ingest__police_street_crime failed" in capsys.readouterr().out
