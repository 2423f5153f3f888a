"""What a release would change, for a person to look at before it is made; nothing is kept and nothing is published."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task

from vrn.report.notify import FailureNotifier

TRIAGE = """
Trigger it by hand when `build_outcomes` has ended well. The log of `preview` says what `make release` would change against the last
release: how many figures move, come, go, become hidden or are shown again; because of which delivery, population or definition;
which figures move by more than 5 % (`VRN_RELEASE_MOVE_PERCENT`); which indicators and areas are no more, new or called otherwise; and
whether the release needs a reason (`VRN_RELEASE_SHARE_PERCENT`; always where nothing differs). It always needs a note. It says
nothing that readers of the two releases would not see. `make release-preview` says the same in a shell.

### Triage notes
`preview` red: nothing is built, something came since, or the project changed; its sentence says which. Run `build_outcomes`, then this
again. It takes as long as a release's disclosure control does, and a build waits for it meanwhile.
"""


@dag(
    dag_id="release_preview",
    dag_display_name="Preview of a release",
    description="Says what a release would change against the last one.",
    doc_md=TRIAGE,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["release"],
    default_args={
        "owner": "vrn-data",
        "retries": 1,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=2),
    },
    on_failure_callback=FailureNotifier(),
)
def release_preview():
    @task
    def preview() -> None:
        from vrn.publish import release
        from vrn.run.failing import NoRetry
        from vrn.settings import Settings

        try:
            print(release.previewed(Settings()))
        except release.ReleaseRefused as error:
            raise NoRetry(str(error)) from None

    preview()


release_preview()
