"""The one notifier: what failed, in one message after the last retry. By SMTP when configured, always in the log."""

from __future__ import annotations

import os

from airflow.sdk import BaseNotifier


class FailureNotifier(BaseNotifier):
    """Tell the data team that a run failed. Names and reasons only, as they stand in the ledger.

    SMTP is on when VRN_SMTP_TO is set; the server is Airflow's connection `smtp_default`.
    """

    def __init__(self):
        super().__init__()

    def notify(self, context) -> None:
        # Airflow gives a failure callback no dag_run when the run had no last task; these two it always gives.
        dag_id, run_id = context["dag"].dag_id, context["run_id"]
        subject = f"VRN warehouse: {dag_id} failed"
        body = (
            f"The run {run_id} of {dag_id} failed.\n"
            "Its note in Airflow says what was refused and why; the DAG's page says what to do when it is red."
        )
        self.log.error("%s. %s", subject, body)
        recipients = os.environ.get("VRN_SMTP_TO", "").split()
        if recipients:
            from airflow.providers.smtp.hooks.smtp import SmtpHook

            with SmtpHook(smtp_conn_id="smtp_default") as hook:
                hook.send_email_smtp(
                    to=recipients,
                    subject=subject,
                    html_content=f"<pre>{body}</pre>",
                    from_email=os.environ.get("VRN_SMTP_FROM", "vrn-warehouse@localhost"),
                )
