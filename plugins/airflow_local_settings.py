"""Read by Airflow at the start of each of its processes.

The scheduler's executor forks a process for every task. Great Expectations and dbt take seconds to import, so the
scheduler imports them once, before it forks, and every task has them at no cost. So it is with the templates of the
Data Docs, which would otherwise be compiled anew in each task that judges.
"""

import os
import sys

os.environ["GX_ANALYTICS_ENABLED"] = "false"

if "scheduler" in sys.argv[1:2]:
    import dbt.adapters.postgres
    import dbt.cli.main  # noqa: F401
    import pyarrow.csv  # noqa: F401

    from vrn import data_docs, gx

    gx.load()
    data_docs.load()
