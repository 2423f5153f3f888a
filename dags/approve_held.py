"""Held deliveries wait here for a person: approve, and they serve; reject, and the last good data stays."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from vrn.report.notify import FailureNotifier
from vrn.run.assets import ACCEPTED_DELIVERIES, HELD_DELIVERIES

APPROVE, REJECT = "Approve", "Reject"

TRIAGE = """
### Triage notes
A delivery that is held (an unusual size, many rows set aside, a column that went blank, a step that failed three times) does not
serve until a person says so. Open **Required actions**, read the sentence, look at the delivery's Data Docs, ask the supplier, then
choose, and write your name and the reason: the ledger keeps both (`ops.submission_move`). Each question is settled when it is
answered; nothing else waits meanwhile, and other deliveries of the feed go on.

`make approve` and `make refuse` do the same from a shell. A delivery whose step failed three times was never judged, so nobody can
approve it: mend the cause and run `make replay`, or reject it. Nor can anybody approve what no agreement covers today. The question
says so, and what to do.

| what is red | what it means | what to do |
| --- | --- | --- |
| `settle` | the answer could not be carried out, and the delivery waits still | the task's last log line says why, and what can be done. Was it an agreement that ended? Clear the task once another covers the delivery: it carries out the same answer |

A run that was lost: trigger this DAG by hand; it asks again for everything that still waits.
"""


@dag(
    dag_id="approve_held",
    dag_display_name="Approve held deliveries",
    description="Asks a person about deliveries that are held.",
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
        from vrn.run import ingest

        events = [event for events in (triggering_asset_events or {}).values() for event in events]
        return ingest.questions([one for event in events for one in event.extra.get("submission_ids", [])])

    @task(outlets=[ACCEPTED_DELIVERIES])
    def settle(question: dict, answer: dict) -> None:
        from vrn.ledger.states import NotAllowed
        from vrn.run import deciding, ingest
        from vrn.run.failing import NoRetry
        from vrn.settings import Settings

        said = answer.get("params_input") or {}
        user = (answer.get("responded_by_user") or {}).get("name") or "a person"
        who = f"{said['name'].strip()} (signed in as {user})" if (said.get("name") or "").strip() else user
        decide = deciding.approve if answer["chosen_options"] == [APPROVE] else deciding.refuse
        number = question["submission_id"]
        try:
            decide(Settings(), number, by=who, reason=(said.get("reason") or "").strip() or "no reason given")
        except NotAllowed as error:
            # Nobody asks again about what cannot be approved now: whoever answered has to see that it waits still.
            if ingest.held([[number]]):
                raise NoRetry(str(error)) from None
            # Somebody else decided meanwhile; the sentence says what. Or a try before this decided and was killed: then nobody has
            # called the build.
            if not ingest.is_news([[number]]):
                raise AirflowSkipException(str(error)) from None

    @task_group
    def one(question: dict):
        ask = HITLOperator(
            task_id="ask",
            subject="{{ task_instance.xcom_pull(task_ids='find')[task_instance.map_index]['subject'] }}",
            body="{{ task_instance.xcom_pull(task_ids='find')[task_instance.map_index]['body'] }}",
            options=[APPROVE, REJECT],
            response_timeout=timedelta(days=30),
            # The question ends its own task; a limit of the task would end the wait for an answer.
            execution_timeout=None,
            params={
                "name": Param("", type="string", source="task", description="Who decides"),
                "reason": Param("", type="string", source="task", description="Why; no person's value"),
            },
        )
        settle(question, ask.output)

    one.expand(question=find())


approve_held()
