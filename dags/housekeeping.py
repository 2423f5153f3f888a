"""What has to happen every day whether anything came or not: originals and refused files past their retention are deleted, what no
feed file keeps any more is blanked, what nobody may see any more is taken away, and who read what is recorded."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task

from vrn.report.notify import FailureNotifier

TRIAGE = """
### Triage notes
`forget_originals` deletes the encrypted original of every delivery older than its feed's retention (`slaProperties` of the
feed file), and the files in clear that have lain in a `refused/` of the inbox for as long; refused archives, which are of no
feed, for 90 days. The protected rows in the warehouse stay. Of withdrawn deliveries it deletes what the withdrawal could not: the
original after a crash, links between persons while a feed file could not be read. Red: something could not be deleted; the log
says what is owed, and the next run makes it good.

`blank_judged_only` blanks, in deliveries accepted before, what their feed files no longer keep (`judgedOnly`, or a class that
stores nothing). Red: a feed file cannot be read; the log names it, and the next run makes it good.

`keep_up_projects` takes away what an ended evaluation project or agreement no longer lets anybody see, and makes the tables of
the open projects anew (`ops.project_build`). Red: the log says which project and which agreement or key is missing
(docs/projects.md). What has passed its last day is hidden even while it is red.

`record_reads` takes what the server logged of people's reads into `ops.read_log` (docs/audit.md). Red: reads are missing, or
somebody changed the log; its sentence says which. The server's log keeps what was not taken in. Its result has the last hash of
each audit log, which shows later whether rows were cut off.
"""


@dag(
    dag_id="housekeeping",
    dag_display_name="Housekeeping",
    description=(
        "Deletes originals and refused files past their retention, blanks what feed files no longer keep, keeps evaluation projects "
        "to their agreements, and records who read what."
    ),
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
        from vrn.accept import retention

        return retention.forget_originals()

    @task
    def blank_judged_only() -> int:
        from vrn.accept import judged_only

        return judged_only.blank_earlier()

    @task
    def keep_up_projects() -> dict[str, int]:
        from vrn.projects import upkeep
        from vrn.settings import Settings

        return upkeep.keep_up(Settings())

    @task
    def record_reads() -> dict:
        from vrn.access.audit import reads
        from vrn.settings import Settings

        return reads.record(Settings())

    forget_originals()
    blank_judged_only()
    keep_up_projects()
    record_reads()


housekeeping()
