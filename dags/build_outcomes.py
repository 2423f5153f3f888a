"""Build the outcomes after new deliveries, and every night so that lateness shows: one task a dbt layer, and linkage."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.definitions.asset import AssetAny

from vrn.assets import ACCEPTED_DELIVERIES
from vrn.layers import LAYERS, LINK_AFTER
from vrn.notify import FailureNotifier

TRIAGE = """
Builds the indicators from every accepted delivery: gather → reference → staging → link → intermediate → indicators → counts → marts →
publish, each layer one `dbt build` with its tests. Large feeds' events and all counts are made anew only for the months that
changed (`ops.touched_month`). `link` finds who is the same person across services (`persons.person_link`). `gather` waits until
deliveries that came together are all judged, half an hour at most, so that one build serves them.

### When it runs
After any feed accepted something, and every night at 04:30 UTC so that a delivery that did not come shows as late.

### Triage notes
| what is red | what it means | what to do |
| --- | --- | --- |
| all tasks pink | an earlier run has built what this one was for | nothing |
| any layer, a test failed | our logic or a seed is wrong, or a feed brought something no rule foresaw; later layers keep their last good tables | the log names the test; `select * from ops.dbt_result where status <> 'pass' order by finished_at desc` shows them all |
| any layer, an error | the warehouse was away, or a model does not fit the tables | mend it, clear the task; each layer may be run again at any time |
| `link` | the warehouse was away, or a feed file names a column for linkage that is not there | mend it, clear the task; the links change in one transaction or not at all, and running it twice changes nothing |
"""


@dag(
    dag_id="build_outcomes",
    dag_display_name="Build outcomes",
    description="dbt builds the indicators from every accepted delivery.",
    doc_md=TRIAGE,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 4 * * *", timezone="UTC"), assets=AssetAny(ACCEPTED_DELIVERIES)
    ),
    catchup=False,
    max_active_runs=1,
    tags=["build"],
    default_args={
        "owner": "vrn-data",
        "retries": 1,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=2),
    },
    on_failure_callback=FailureNotifier(),
)
def build_outcomes():
    @task
    def gather() -> None:
        from airflow.sdk.exceptions import AirflowSkipException

        from vrn import pipeline

        run = get_current_context()["dag_run"]
        if not pipeline.gather(is_due=run.run_type != "asset_triggered"):
            raise AirflowSkipException("Nothing came since the last build.")

    @task
    def link() -> dict[str, int]:
        from vrn import pipeline

        return pipeline.link()

    before = gather()
    for layer in LAYERS:

        @task(task_id=f"build_{layer}")
        def build_layer(layer: str) -> None:
            from airflow.sdk.exceptions import AirflowFailException

            from vrn import dbt

            try:
                dbt.build(layer)
            except dbt.BuildFailed as error:
                # A failed test fails again: a retry would only hide which run found it.
                raise AirflowFailException(str(error)) from None

        built = build_layer(layer)
        before >> built
        before = built
        if layer == LINK_AFTER:
            before = link()
            built >> before


build_outcomes()
