"""Whose statements the server writes into its log: those of people, never those of the services.

A person's role is every role of ours that is not named here, so that one that comes later is logged from its first day. The
settings are the superuser's: no role can change them, for itself or for a session.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.warehouse.roles import KEEPER, LINKER, LOADER, OWNER

SERVICES = (OWNER, LOADER, LINKER, KEEPER)
# It reads what was published. Its attempts at anything else are logged.
DASHBOARDS = "vrn_bi_reader"
PREFIX = "vrn_"

# The message of a service's error may quote a row, so none is logged; the service has it, and so has its task.
OF_SERVICES = {"log_statement": "none", "log_min_messages": "log"}
OF_DASHBOARDS = {"log_statement": "none", "log_min_messages": "error", "log_min_error_statement": "error"}
# The values bound to a statement stay out of the log. What EXECUTE stands for is in the DETAIL, so that is logged.
OF_PEOPLE = {
    "log_statement": "all",
    "log_min_messages": "error",
    "log_min_error_statement": "error",
    "log_error_verbosity": "default",
    "log_parameter_max_length": "0",
}
# With pgaudit the server says as well which tables a statement came to read, through views, functions and DO, and how many rows
# it gave. In addition and not instead: it says nothing of the tables of a cursor or of a COPY, or of a statement that failed.
WITH_PGAUDIT = {
    "pgaudit.log": "read, function",
    "pgaudit.log_relation": "on",
    "pgaudit.log_rows": "on",
    "pgaudit.log_parameter": "off",
    "pgaudit.log_statement": "off",
}


def is_person(role: str) -> bool:
    return role.startswith(PREFIX) and role not in SERVICES and role != DASHBOARDS


def has_pgaudit(connection: psycopg.Connection) -> bool:
    """Whether the server has loaded pgaudit; as superuser, who alone may know."""
    (loaded,) = connection.execute("select current_setting('shared_preload_libraries')").fetchone()
    return "pgaudit" in [name.strip() for name in loaded.split(",")]


def settings_of(role: str, with_pgaudit: bool) -> dict[str, str]:
    """What the server logs of a role."""
    if role in SERVICES:
        return OF_SERVICES
    if role == DASHBOARDS:
        return OF_DASHBOARDS
    return {**OF_PEOPLE, **(WITH_PGAUDIT if with_pgaudit else {})}


def ensure(connection: psycopg.Connection) -> None:
    """Set for every role of ours what is logged of it, as superuser. Sessions that are open keep what they began with."""
    with_pgaudit = has_pgaudit(connection)
    for (role,) in connection.execute("select rolname from pg_roles where rolname ^@ %s order by 1", [PREFIX]).fetchall():
        for setting, value in settings_of(role, with_pgaudit).items():
            connection.execute(
                sql.SQL("alter role {} set {} = {}").format(
                    # A setting of an extension has a dot in its name and is two identifiers.
                    sql.Identifier(role),
                    sql.SQL(".").join(map(sql.Identifier, setting.split("."))),
                    sql.Literal(value),
                )
            )
