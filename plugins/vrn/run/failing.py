"""How a task says what a person has to put right, in a sentence that `make run` may repeat (vrn.run.local.ours)."""

from __future__ import annotations

from airflow.sdk.exceptions import AirflowFailException

from vrn.errors import VrnError


class NoRetry(AirflowFailException, VrnError):
    """What would fail again alike: Airflow does not try it again."""
