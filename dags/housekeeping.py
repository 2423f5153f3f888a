"""What has to happen every day whether anything came or not: originals past their retention are forgotten."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task

from vrn.notify import FailureNotifier

TRIAGE = """
### Triage notes
`forget_originals` deletes the encrypted original of every delivery older than its feed's retention (`slaProperties` of the
feed file). The protected rows in the warehouse stay. A failed run is made good by the next.
"""


@dag(
    dag_id="housekeeping",
    dag_display_name="Housekeeping",
    description="Forgets originals past their retention.",
    doc_md=TRIAGE,
    schedule="15 3 * * *",
    catchup=False,
    max_active_runs=1,
    tags=["operations"],
    default_args={
        "owner": "vrn-data",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=1),
    },
    on_failure_callback=FailureNotifier(),
)
def housekeeping():
    @task
    def forget_originals() -> int:
        from vrn import pipeline

        return pipeline.forget_originals()

    forget_originals()


housekeeping()
