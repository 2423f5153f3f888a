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
        run = context["dag_run"]
        subject = f"VRN warehouse: {run.dag_id} failed"
        body = (
            f"The run {run.run_id} of {run.dag_id} failed.\n"
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
