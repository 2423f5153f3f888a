"""A DAG for each feed file: register, stage, gate, accept. Nothing at import but reading the YAML."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, AssetWatcher, dag, get_current_context, get_parsing_context, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from vrn.errors import VrnError
from vrn.feeds import shown
from vrn.receive.inbox_trigger import InboxTrigger
from vrn.report.notify import FailureNotifier
from vrn.run.assets import ACCEPTED_DELIVERIES, HELD_DELIVERIES
from vrn.run.data_docs_link import DataDocsLink
from vrn.run.failing import NoRetry
from vrn.settings import Settings

TRIAGE = """
{purpose}

**Comes from** the folder `{folder}/` of the inbox. **Owner** {owner}. **Feed file** `expectations/{feed}.odcs.yaml`.

### Steps
`register` (ledger, sha256, landing) → `stage` (read, protect, copy) → `gate` (Great Expectations) → `accept` (one
transaction). A task that is killed or run again leaves the same tables. The run's note says what came of each file.

### Triage notes
| what is red | what it means | what to do |
| --- | --- | --- |
| `fetch` | the supplier's server was away, or refused our login | read the task's last log line; the next run asks again |
| `register` | the warehouse was away, or the feed file cannot be read | read the task's last log line, mend it, clear the task |
| `stage` or `gate`, at once, no retry | the file is refused; the last good data still serves | read the run's note and send its sentence to the supplier; a corrected file is picked up by itself |
| `stage`, `gate` or `accept` after its retries | the warehouse, the disk or a secret failed | after the third time the delivery is held: mend the cause, then `make replay SUBMISSION=<id> REASON="…"` |
| `conclude` | something in this run was refused, or a task before it failed | it repeats the reasons; nothing more to do here |
| `conclude`, "could not be taken in" | a file stays in the inbox: it cannot be read, or its folder not be written to | mend what it says; the file is taken by itself. It is said once, not at each run |
| `conclude`, "held" | rows, blanks or size are far from usual, or a step failed three times | decide in the DAG "Approve held deliveries" |
| a pink `stage` | the same bytes came again | nothing |

What to tell the supplier: `messages/{feed}/<supplier>/`, a CSV for each delivery, rows by number and no values.
Take a delivery in anew (after the feed file was mended): `make replay SUBMISSION=<id> REASON="…"`, from its sealed original.
{limitations}
"""

# States of a task that did not do its work.
FAILED = ("failed", "upstream_failed")


def ingest_dag(feed: shown.Feed):
    accepted = Asset(feed.name)
    trigger = InboxTrigger(path=str(Settings().inbox / feed.folder), whole=feed.whole, archives=feed.takes_archives)
    inbox = Asset(f"inbox/{feed.name}", watchers=[AssetWatcher(name=feed.name, trigger=trigger)])

    @dag(
        dag_id=f"ingest__{feed.name}",
        dag_display_name=f"Ingest: {feed.title}",
        description=feed.purpose,
        doc_md=TRIAGE.format(
            feed=feed.name, purpose=feed.purpose, folder=feed.folder, owner=feed.owner, limitations=feed.limitations
        ),
        # A folder tells when something comes; a partner's server has to be asked.
        schedule=feed.poll or [inbox],
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
        # One file that could not be fetched does not hold up those that came.
        @task(trigger_rule="all_done")
        def register() -> list[list[int]]:
            from vrn.run import ingest

            return ingest.take_in(feed.name)

        @task_group
        def deliveries(batch: list[int]):
            judged = gate(batch)
            judged.operator.operator_extra_links = (DataDocsLink(),)
            stage(batch) >> judged >> accept(batch)

        @task(map_index_template="{{ files }}")
        def stage(batch: list[int]) -> None:
            _each("stage", batch)

        @task(map_index_template="{{ files }}", trigger_rule="all_done")
        def gate(batch: list[int]) -> None:
            _each("gate", batch)

        @task(map_index_template="{{ files }}", trigger_rule="all_done", outlets=[accepted])
        def accept(batch: list[int], *, outlet_events) -> None:
            done = _each("accept", batch)
            event = outlet_events[accepted]
            event.add_partitions([one["partition_key"] for one in done])
            event.extra.update({str(one["submission_id"]): one for one in done})

        @task(trigger_rule="all_done", outlets=[ACCEPTED_DELIVERIES])
        def announce(batches: list[list[int]] | None) -> None:
            from vrn.run import ingest

            if not ingest.is_news(batches or []):
                raise AirflowSkipException("What is built is what the ledger says, so there is nothing to build.")

        @task(trigger_rule="all_done", outlets=[HELD_DELIVERIES])
        def hold(batches: list[list[int]] | None, *, outlet_events) -> None:
            from vrn.run import ingest

            ingest.hold_killed(batches or [])
            held = ingest.held(batches or [])
            if not held:
                raise AirflowSkipException("Nothing needs a person's approval.")
            outlet_events[HELD_DELIVERIES].extra = {"submission_ids": held}

        @task(trigger_rule="all_done", retries=0)
        def conclude(batches: list[list[int]] | None, ti=None) -> None:
            from vrn.run import ingest

            # A run is as red as its last task, so what failed before has to show here.
            states = ti.get_task_states(dag_id=ti.dag_id, task_ids=["fetch", "register"], run_ids=[ti.run_id])[ti.run_id]
            failed = [f"{name} failed; its log says why" for name, state in sorted(states.items()) if state in FAILED]
            bad = ingest.conclude(batches or [], ti.dag_id, ti.run_id, failed)
            if bad:
                raise NoRetry("\n".join(bad))

        @task
        def fetch() -> int:
            from vrn.run import ingest

            return ingest.fetch(feed.name)

        batches = register()
        if feed.poll:
            fetch() >> batches
        deliveries.expand(batch=batches) >> [announce(batches), hold(batches)] >> conclude(batches)

    return ingest_feed()


def _each(step: str, batch: list[int]) -> list[dict]:
    """Take a batch through a step and show its files' names. A refused delivery turns the task red without a retry."""
    from vrn.run import ingest

    get_current_context()["files"] = ingest.label(batch)
    done = ingest.each(step, batch)
    if done.broken:
        raise VrnError("\n".join(done.broken))
    if done.refused:
        raise NoRetry("\n".join(done.refused))
    if not done.results:
        raise AirflowSkipException("\n".join(done.settled) or "Nothing in this batch has come this far.")
    return done.results


# A task's process needs its own DAG only: the others' feed files are not read for it.
for _feed in shown.listed(Settings().contracts, dag_id=get_parsing_context().dag_id):
    # Airflow keeps every DAG that a file makes, under whatever name.
    ingest_dag(_feed)
