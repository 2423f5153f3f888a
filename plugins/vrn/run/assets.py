"""The assets that connect one DAG with another; those of the feeds and their inboxes belong to the ingest DAGs."""

from __future__ import annotations

from airflow.sdk import Asset

# Updated by every run that accepted something; build_outcomes waits for it.
ACCEPTED_DELIVERIES = Asset("accepted_deliveries")
# Updated when a delivery needs a person's approval; approve_held waits for it.
HELD_DELIVERIES = Asset("held_deliveries")
