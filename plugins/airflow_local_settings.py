"""Read by Airflow at the start of each of its processes.

The scheduler's executor forks a process for every task. Great Expectations and dbt take seconds to import, so the
scheduler imports them once, before it forks, and every task has them at no cost.
"""

import os
import sys

os.environ["GX_ANALYTICS_ENABLED"] = "false"

if "scheduler" in sys.argv[1:2]:
    import dbt.adapters.postgres
    import dbt.cli.main  # noqa: F401
    import great_expectations
    import great_expectations.expectations.core
    import great_expectations.render.renderer  # noqa: F401
    import pyarrow.csv  # noqa: F401
