"""Build the outcomes after new deliveries, and every night so that lateness shows.

One task builds, in one process that reads the dbt project once. A task for each layer and for linkage shows how far it is: it
waits for what the build says of its step (an XCom of counts, or of the names of failed nodes).
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, PokeReturnValue, chain, dag, task
from airflow.sdk.definitions.asset import AssetAny

from vrn.build.layers import STEPS, task_id
from vrn.report.notify import FailureNotifier
from vrn.run.assets import ACCEPTED_DELIVERIES

BUILD, FAILED, SKIPPED = "build", "failed", "skipped"
# States after which the build says nothing more.
ENDED = ("success", "failed", "upstream_failed", "skipped", "removed")

TRIAGE = """
Builds the indicators from every accepted delivery: reference → staging → link → intermediate → indicators → counts → marts →
publish, each layer one `dbt build` with its tests. The task `build` does all of it in one process, and a task for each layer
shows when that layer is there, or which of its nodes failed. Large feeds' events, all counts and figures are made anew only for
the months that changed (`ops.touched_month`, `figures.touched`), seeds and statistics only when they changed; models and tests
whose feeds brought nothing since the layer was built last are passed over (`ops.built_layer.inputs`), so that a layer may have
few nodes or none. `link` finds who is the same person across services (`persons.person_link`). `gather` waits until deliveries
that came together are all judged, half an hour at most, so that one build serves them; the layer before it rests on no
delivery.

### When it runs
After any feed accepted something, and every night at 04:30 UTC so that a delivery that did not come shows as late.
What is late is judged on the day on which the home lives: today, or 25 August 2020 where all its deliveries are made up.

### Triage notes
| what is red | what it means | what to do |
| --- | --- | --- |
| all tasks from `gather` on pink | an earlier run has built what this one was for | nothing |
| `staging`, `intermediate` or `indicators`, later layers green | a model failed, or a test of it; the figures that rest on it (the message names them) stay as they were, and all others are built | the log names the model; mend it and run the DAG again |
| any layer, a test failed | our logic or a seed is wrong, or a feed brought something no rule foresaw; later layers keep their last good tables | the log names the test; `select * from ops.dbt_result where status <> 'pass' order by finished_at desc` shows them all |
| any layer, an error | the warehouse was away, or a model does not fit the tables | mend it, clear the run's failed tasks; each layer may be built again at any time |
| `link` | the warehouse was away, or a feed file names a column for linkage that is not there | the same; the links change in one transaction or not at all, and running it twice changes nothing |
| `build`, but no layer | the build's process was killed | clear the run's failed tasks |
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
        # Before deliveries that wait for a free process: what a build does first rests on none of them.
        "priority_weight": 100,
        "retries": 1,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=2),
    },
    on_failure_callback=FailureNotifier(),
)
def build_outcomes():
    @task
    def build(ti=None, dag_run=None) -> None:
        from airflow.sdk.exceptions import AirflowSkipException

        from vrn.build import steps as build
        from vrn.publish import readers
        from vrn.report import partner_pages
        from vrn.run.failing import NoRetry
        from vrn.settings import Settings

        failures = []
        with build.alone():
            for step in STEPS:
                try:
                    done = build.take(step, is_due=dag_run.run_type != "asset_triggered")
                except build.NothingToBuild as reason:
                    ti.xcom_push(step, {SKIPPED: str(reason)})
                    raise AirflowSkipException(str(reason)) from None
                except build.PartlyBuilt as error:
                    # Some figures stay as they were, and all others are built.
                    ti.xcom_push(step, {FAILED: str(error)})
                    failures.append(str(error))
                    continue
                except build.BuildFailed as error:
                    ti.xcom_push(step, {FAILED: str(error)})
                    # A failed test fails again: a retry would only hide which run found it.
                    raise NoRetry(str(error)) from None
                ti.xcom_push(step, done)
        # Without waiting for who reads them: nobody waits for this either.
        readers.fill(Settings())
        partner_pages.refresh(Settings())
        if failures:
            raise NoRetry("\n".join(failures))

    def show(step: str):
        # A layer of which something was left out is red, and those after it are built all the same.
        @task.sensor(task_id=task_id(step), poke_interval=1, trigger_rule="all_done")
        def shown(ti=None) -> PokeReturnValue:
            from airflow.sdk.exceptions import AirflowSkipException

            from vrn.run.failing import NoRetry

            # The state is asked first: what a build says before it ends is there by then.
            state = ti.get_task_states(dag_id=ti.dag_id, task_ids=[BUILD], run_ids=[ti.run_id])[ti.run_id][BUILD]
            said = ti.xcom_pull(task_ids=BUILD, key=step)
            if said is None and state == SKIPPED:
                raise AirflowSkipException("There was nothing to build.")
            if said is None and state in ENDED:
                raise NoRetry(f"The task {BUILD} ended ({state}) before this step; its log says why.")
            if said is not None and FAILED in said:
                raise NoRetry(said[FAILED])
            if said is not None and SKIPPED in said:
                raise AirflowSkipException(said[SKIPPED])
            return PokeReturnValue(is_done=said is not None, xcom_value=said)

        return shown()

    build()
    chain(*(show(step) for step in STEPS))


build_outcomes()
