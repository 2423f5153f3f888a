"""A DAG for each feed file: register, stage, gate, accept. Nothing at import but reading the YAML."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, AssetWatcher, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from vrn import feeds
from vrn.notify import FailureNotifier
from vrn.settings import Settings
from vrn.transport.inbox_trigger import InboxTrigger

# Updated by every feed whose run accepted something; build_outcomes waits for it.
ACCEPTED_DELIVERIES = Asset("accepted_deliveries")

TRIAGE = """
{purpose}

**Comes from** the folder `{folder}/` of the inbox. **Owner** {owner}. **Feed file** `expectations/{feed}.odcs.yaml`.

### Steps
`register` (ledger, sha256, landing) → `stage` (read, protect, copy) → `gate` (Great Expectations) → `accept` (one
transaction). A task that is killed or run again leaves the same tables. The run's note says what came of each file.

### Triage notes
| what is red | what it means | what to do |
| --- | --- | --- |
| `stage` or `gate`, at once, no retry | the file is refused; the last good data still serves | read the run's note and send its sentence to the supplier; a corrected file is picked up by itself |
| `stage` after its retries | the warehouse, the disk or a secret failed | read the task's last log line, mend it, clear the task |
| `accept` after its retries | the warehouse was away or locked | clear the task; nothing is half accepted |
| `conclude` | something in this run was refused | it repeats the reasons; nothing more to do here |
| a pink `stage` | the same bytes came again | nothing |

Replay a refused file (after the feed file was mended): move it from `landing/<submission>/` back into the inbox.
{limitations}
"""


def ingest(feed: feeds.Feed):
    deliveries = Asset(feed.name, extra={"feed": feed.name})
    inbox = Asset(
        f"inbox/{feed.name}",
        watchers=[AssetWatcher(name=feed.name, trigger=InboxTrigger(path=str(Settings().inbox / feed.folder)))],
    )

    @dag(
        dag_id=f"ingest__{feed.name}",
        dag_display_name=f"Ingest: {feed.title}",
        description=feed.purpose,
        doc_md=TRIAGE.format(
            feed=feed.name, purpose=feed.purpose, folder=feed.folder, owner=feed.owner, limitations=feed.limitations
        ),
        schedule=[inbox],
        catchup=False,
        max_active_runs=1,
        tags=["ingest", feed.domain],
        default_args={
            "owner": feed.owner,
            "retries": 2,
            "retry_delay": timedelta(seconds=20),
            "execution_timeout": timedelta(hours=2),
        },
        on_failure_callback=FailureNotifier(),
    )
    def ingest_feed():
        @task
        def register() -> list[int]:
            from vrn import pipeline

            return pipeline.register(feed.name)

        @task_group
        def delivery(submission_id: int):
            stage(submission_id) >> gate(submission_id) >> accept(submission_id)

        @task(map_index_template="{{ file_name }}")
        def stage(submission_id: int) -> int:
            from vrn import pipeline

            _label(submission_id)
            row = pipeline.settled(submission_id)
            if row is not None and row["status"] == "refused":
                raise AirflowFailException(row["status_reason"])
            if row is not None:
                raise AirflowSkipException(f"{row['status']}: {row['status_reason'] or 'nothing to do'}")
            return _refusable(pipeline.stage, submission_id)

        @task(map_index_template="{{ file_name }}")
        def gate(submission_id: int) -> str:
            from vrn import pipeline

            _label(submission_id)
            return _refusable(pipeline.gate, submission_id)

        @task(map_index_template="{{ file_name }}", outlets=[deliveries])
        def accept(submission_id: int, *, outlet_events) -> None:
            from vrn import pipeline

            _label(submission_id)
            done = pipeline.accept(submission_id)
            event = outlet_events[deliveries]
            event.add_partitions(done.pop("partition_key"))
            event.extra.update(done)

        @task(trigger_rule="all_done", outlets=[ACCEPTED_DELIVERIES])
        def announce(submission_ids: list[int]) -> None:
            from vrn import pipeline

            if not pipeline.any_accepted(submission_ids):
                raise AirflowSkipException("Nothing new was accepted, so there is nothing to build.")

        @task(trigger_rule="all_done", retries=0)
        def conclude(submission_ids: list[int]) -> None:
            from vrn import pipeline

            run = get_current_context()["dag_run"]
            refused = pipeline.conclude(submission_ids, run.dag_id, run.run_id)
            if refused:
                raise AirflowFailException(refused)

        registered = register()
        deliveries_done = delivery.expand(submission_id=registered)
        announced = announce(registered)
        deliveries_done >> announced >> conclude(registered)

    return ingest_feed()


def _label(submission_id: int) -> None:
    """Show the file's name instead of a bare map index."""
    from vrn import pipeline

    get_current_context()["file_name"] = pipeline.label(submission_id)


def _refusable(step, submission_id: int):
    """Run a step; a refusal, a missing secret or a full disk is not worth a retry."""
    from vrn.errors import VrnError

    try:
        return step(submission_id)
    except VrnError as error:
        raise AirflowFailException(str(error)) from None


for _feed in feeds.listed(Settings().contracts):
    globals()[f"ingest__{_feed.name}"] = ingest(_feed)
