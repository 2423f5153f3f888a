"""Deliveries of an unusual size wait here for a person: approve, and they serve; reject, and the last good data stays."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException

from vrn.report.notify import FailureNotifier
from vrn.run.assets import ACCEPTED_DELIVERIES, HELD_DELIVERIES

APPROVE, REJECT = "Approve", "Reject"

TRIAGE = """
### Triage notes
A delivery much smaller or larger than the feed's last six periods (rule GEN-005) does not serve until a person says so.
Open **Required actions**, read the sentence, look at the delivery's Data Docs, ask the supplier, then choose. The ledger
keeps who decided and when. Nothing else waits meanwhile: other deliveries of the feed go on.

A run that was lost: trigger this DAG by hand; it asks again for everything that still waits.
"""


@dag(
    dag_id="approve_held",
    dag_display_name="Approve held deliveries",
    description="Asks a person about deliveries of an unusual size.",
    doc_md=TRIAGE,
    schedule=[HELD_DELIVERIES],
    catchup=False,
    max_active_runs=16,
    tags=["ingest"],
    default_args={
        "owner": "vrn-data",
        "retries": 2,
        "retry_delay": timedelta(seconds=20),
        "execution_timeout": timedelta(days=30),
    },
    on_failure_callback=FailureNotifier(),
)
def approve_held():
    @task
    def find(triggering_asset_events=None) -> list[dict]:
        from vrn.run import pipeline

        events = [event for events in (triggering_asset_events or {}).values() for event in events]
        return pipeline.questions([one for event in events for one in event.extra.get("submission_ids", [])])

    @task(outlets=[ACCEPTED_DELIVERIES])
    def settle(questions: list[dict], answers: list[dict]) -> None:
        from vrn.run import pipeline

        for question, answer in zip(questions, answers, strict=True):
            who = (answer.get("responded_by_user") or {}).get("name") or "a person"
            decide = pipeline.approve if answer["chosen_options"] == [APPROVE] else pipeline.reject
            decide(question["submission_id"], who)
        if not any(answer["chosen_options"] == [APPROVE] for answer in answers):
            raise AirflowSkipException("Nothing was approved, so there is nothing to build.")

    @task
    def wording(questions: list[dict]) -> list[dict]:
        return [{"subject": one["subject"], "body": one["body"]} for one in questions]

    questions = find()
    ask = HITLOperator.partial(task_id="ask", options=[APPROVE, REJECT]).expand_kwargs(wording(questions))
    settle(questions, ask.output)


approve_held()
