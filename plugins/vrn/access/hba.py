"""Who may sign in from where: pg_hba.conf of the warehouse in a local home and in a deployment, and of Airflow's own database.

The first line that fits decides, so whoever is not named is turned away by the last. The superuser comes from the server's own
machine (in a deployment its container, or the socket that `migrate` alone is lent), the services from the networks that the
server is in, people from where it listens. The rights within a database are vrn.access.rights'.
"""

from __future__ import annotations

from vrn.access.roles import ANALYST, BI_READER, ENGINEER, EVALUATOR_OF, IG
from vrn.warehouse.roles import AIRFLOW, EVALUATOR, KEEPER, LINKER, LOADER, OWNER, SUPERUSER

SERVICES = (OWNER, LOADER, LINKER, KEEPER)
# With + the members of a group, with / a regular expression: a partner or a project that is new changes nothing here.
PEOPLE = (EVALUATOR, ENGINEER, IG, f"/^{EVALUATOR_OF}")
READERS = (BI_READER, f"+{ANALYST}")
# Those of readers, whatever the warehouse is called (Settings.readers_database).
OF_READERS = "/_readers$"
OWN_MACHINE, OWN_NETWORKS, ANYWHERE = "127.0.0.1/32", "samenet", "all"
METHOD = "scram-sha-256"
HEAD = "# Written at each start by vrn.access.hba; what is changed here is lost.\n"


def of_home() -> str:
    """A local home's server, which listens on 127.0.0.1 and has Airflow's database beside the warehouse."""
    return _text(
        _line("host", SUPERUSER, OWN_MACHINE),
        _line("host", AIRFLOW, OWN_MACHINE, database=AIRFLOW),
        *(_line("host", role, OWN_MACHINE) for role in (*SERVICES, *PEOPLE)),
        *(_line("host", role, OWN_MACHINE, database=OF_READERS) for role in READERS),
    )


def of_warehouse(*, has_tls: bool) -> str:
    """A deployment's warehouse. has_tls: nobody comes over a network without it."""
    host = "hostssl" if has_tls else "host"
    return _text(
        _line("local", SUPERUSER),
        _line(host, SUPERUSER, OWN_MACHINE),
        *(_line(host, role, OWN_NETWORKS) for role in SERVICES),
        *(_line(host, role, ANYWHERE) for role in PEOPLE),
        *(_line(host, role, ANYWHERE, database=OF_READERS) for role in READERS),
    )


def of_airflow_db(*, has_tls: bool) -> str:
    """A deployment's server for Airflow's own database."""
    return _text(_line("local", AIRFLOW), _line("hostssl" if has_tls else "host", AIRFLOW, OWN_NETWORKS, database=AIRFLOW))


def _text(*lines: str) -> str:
    return "".join((HEAD, *lines, _line("local", "all", method="reject"), _line("host", "all", ANYWHERE, method="reject")))


def _line(kind: str, role: str, address: str = "", database: str = "all", method: str = METHOD) -> str:
    return f"{kind:<8} {database:<11} {role:<22} {address:<13} {method}\n"
