"""The names of the warehouse's roles and schemas."""

from __future__ import annotations

SUPERUSER = "postgres"
OWNER, LOADER, EVALUATOR, LINKER = "vrn_owner", "vrn_loader", "vrn_evaluator", "vrn_linker"
# It lets a project's evaluators sign in and keeps them out again, and can do nothing else.
KEEPER = "vrn_keeper"
OWN_ROLES = (OWNER, LOADER, EVALUATOR, LINKER, KEEPER)
AIRFLOW = "airflow"
# Match codes, which the loader writes and only the linker reads; and what the linker makes of them.
LINKAGE, PERSONS = "linkage", "persons"
LOADER_SCHEMAS = ("raw", "quarantine")
# Where the tables of publish are built before they are swapped in (vrn.build.table_swap); nobody else may look there.
ASIDE = "publish_aside"
OWNER_SCHEMAS = ("ops", "reference", "stats", "staging", "intermediate", "indicators", "figures", "marts", "publish", ASIDE)
