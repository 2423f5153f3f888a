"""Where things are. Every default that the environment can change stands in this file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from vrn.errors import HomeError, SecretMissing

# Beside the keys: the version of the hash keys, once `make rotate-key` has made a second.
KEY_VERSION = "hash_key_version"
REPOSITORY = Path(__file__).resolve().parents[2]
# The home of this working copy, where the environment names no other.
OWN_HOME = REPOSITORY / ".vrn"
# Who reads what is published and nothing else: dashboards, and each partner's analysts. They have a database of their own
# (vrn.publish.readers).
BI_READER, ANALYST_OF = "vrn_bi_reader", "vrn_analyst_"
# Of a home that was never started and of which the environment says nothing.
PORTS = {"VRN_PG_PORT": 54318, "VRN_AIRFLOW_PORT": 8318}


# Of one worker, and there may be no other.
LEAST_WORKER_TASKS = 3


def _path(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().resolve()


def _number(name: str, default: int) -> int:
    said = os.environ.get(name) or default
    try:
        return int(said)
    except ValueError:
        raise HomeError(f"{name} is '{said}', which is no whole number. Say one, or leave it out for {default}.") from None


@dataclass(frozen=True)
class Settings:
    """One home: its folders, ports and database names, read from the environment when made. Raises HomeError.

    A port of 0: the environment's, else the one with which the home was last started, else the default.
    """

    home: Path = field(default_factory=lambda: _path("VRN_HOME", OWN_HOME))
    pg_host: str = field(default_factory=lambda: os.environ.get("VRN_PG_HOST", "127.0.0.1"))
    pg_port: int = 0
    database: str = field(default_factory=lambda: os.environ.get("VRN_PG_DATABASE", "warehouse"))
    airflow_port: int = 0

    def __post_init__(self) -> None:
        if self.pg_port and self.airflow_port:
            return
        kept = PORTS | self.kept_ports()
        # The only way to complete an object that nobody may change.
        object.__setattr__(self, "pg_port", self.pg_port or _number("VRN_PG_PORT", kept["VRN_PG_PORT"]))
        object.__setattr__(self, "airflow_port", self.airflow_port or _number("VRN_AIRFLOW_PORT", kept["VRN_AIRFLOW_PORT"]))

    @property
    def ports_file(self) -> Path:
        """Where a local home keeps its ports, a line `VARIABLE=port` each (vrn.run.local.ports writes it)."""
        return self.home / "run" / "ports"

    def kept_ports(self) -> dict[str, int]:
        """The ports with which this home was last started, by variable; none of a new home. Raises HomeError."""
        try:
            lines = self.ports_file.read_text(encoding="utf-8").split()
            return {name: int(port) for name, port in (line.split("=") for line in lines) if name in PORTS}
        except FileNotFoundError:
            return {}
        except ValueError:
            raise HomeError(f"{self.ports_file} does not say ports as VRN_PG_PORT=54318. Mend it, or delete it.") from None

    @property
    def is_deployed(self) -> bool:
        """Whether this is a service of a deployment (docker-compose.yaml), where others run in containers of their own."""
        return "VRN_AIRFLOW_URL" in os.environ

    @property
    def queue(self) -> str:
        """The Redis in which tasks wait for workers, as host:port; empty where the scheduler runs them itself.

        VRN_QUEUE, or in a deployment that of the Compose profile `celery`.
        """
        profiles = os.environ.get("VRN_PROFILES", "").split(",")
        return os.environ.get("VRN_QUEUE") or ("redis:6379" if "celery" in profiles else "")

    @property
    def worker_tasks(self) -> int:
        """How many tasks a worker runs at a time. Raises HomeError."""
        said = _number("VRN_WORKER_TASKS", LEAST_WORKER_TASKS + 1)
        if said < LEAST_WORKER_TASKS:
            raise HomeError(
                f"VRN_WORKER_TASKS is {said}. Say {LEAST_WORKER_TASKS} or more: two tasks may be a build that waits for deliveries "
                "and what shows it, and they would wait for a place that they take themselves."
            )
        return said

    @property
    def inbox(self) -> Path:
        """Where partners' deliveries are dropped, one folder a feed."""
        return _path("VRN_INBOX", self.home / "inbox")

    @property
    def rest_seconds(self) -> float:
        """How long a file must have been left alone before it is taken, unless its feed file says how one knows that it is whole.

        Raises HomeError.
        """
        said = os.environ.get("VRN_REST_SECONDS") or "10"
        try:
            return float(said)
        except ValueError:
            raise HomeError(f"VRN_REST_SECONDS is '{said}', which is no number of seconds. Write it as 10.") from None

    @property
    def release_move_percent(self) -> int:
        """By how many percent a figure moves before a preview names it and a release counts it. Raises HomeError."""
        return _number("VRN_RELEASE_MOVE_PERCENT", 5)

    @property
    def release_share_percent(self) -> int:
        """Of how many percent of the figures that are shown that may be, or that become hidden or go, before a release needs a
        reason. Raises HomeError."""
        return _number("VRN_RELEASE_SHARE_PERCENT", 1)

    @property
    def is_full_demo(self) -> bool:
        """Whether a fresh home gets every synthetic delivery (VRN_DEMO=full) or the demonstration's part. Raises HomeError."""
        asked = os.environ.get("VRN_DEMO", "")
        if asked not in ("", "full"):
            raise HomeError(
                f"DEMO says '{asked}'. Say DEMO=full (VRN_DEMO=full) for every synthetic delivery, or leave it out for the "
                "demonstration's part of them."
            )
        return asked == "full"

    @property
    def contracts(self) -> Path:
        return _path("VRN_CONTRACTS", REPOSITORY / "expectations")

    @property
    def agreements(self) -> Path:
        """The register of agreements to share data."""
        return _path("VRN_AGREEMENTS", self.home / "agreements.yaml")

    @property
    def projects(self) -> Path:
        """The register of evaluation projects."""
        return _path("VRN_PROJECTS", self.home / "projects.yaml")

    @property
    def postcode_directory(self) -> Path:
        return _path("VRN_POSTCODES", self.home / "reference" / "postcodes.csv")

    @property
    def messages(self) -> Path:
        """What each supplier is to be told, one file a delivery."""
        return self.home / "messages"

    @property
    def key_version(self) -> int:
        """The version of the hash keys that new deliveries are hashed with: VRN_KEY_VERSION, or what the home keeps, or 1."""
        kept = self.secrets / KEY_VERSION
        return _number("VRN_KEY_VERSION", int(kept.read_text(encoding="utf-8")) if kept.exists() else 1)

    @property
    def as_of(self) -> date | None:
        """The day on which figures are expected and late; today where VRN_AS_OF says no other."""
        said = os.environ.get("VRN_AS_OF")
        try:
            return date.fromisoformat(said) if said else None
        except ValueError:
            raise HomeError(f"VRN_AS_OF is '{said}', which is no day. Write it as 2020-08-25, or leave it out for today.") from None

    @property
    def landing(self) -> Path:
        """Originals as they came, encrypted, one folder a submission."""
        return self.home / "landing"

    @property
    def data_docs(self) -> Path:
        return self.home / "data_docs"

    @property
    def secrets(self) -> Path:
        return _path("VRN_SECRETS", self.home / "secrets")

    @property
    def public(self) -> Path:
        """What is published as files: the site and the exports of releases. In a deployment a volume of its own."""
        return _path("VRN_PUBLIC", self.home)

    @property
    def partners(self) -> Path:
        """The pages of partners, each for its own people. In a deployment a volume of its own."""
        return _path("VRN_PARTNERS", self.home)

    @property
    def network(self) -> Path:
        """Where a home keeps who publishes its site (vrn.publish.network), a line `VARIABLE=text` each."""
        return self.home / "network"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def page_log(self) -> Path:
        """Who read which of the partners' pages (vrn.access.audit.page_log). In a deployment a volume of its own."""
        return self.logs / "partner_pages"

    @property
    def server_log(self) -> Path:
        """Where PostgreSQL writes its log once it has started; what it says before that is in logs/postgres.log."""
        return self.logs / "postgres"

    @property
    def dbt_project(self) -> Path:
        return _path("VRN_DBT_PROJECT", REPOSITORY / "dbt_project")

    @property
    def dbt_target(self) -> Path:
        return self.home / "dbt"

    def secret(self, name: str) -> str:
        """The text of a secret file; fails closed when it is absent or empty."""
        path = self.secrets / name
        try:
            text = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            text = ""
        if not text:
            raise SecretMissing(
                f"The secret '{name}' is not in {self.secrets}. Nothing was read. A new home makes its secrets when it is first "
                "started (`make up`; in a deployment the service `migrate`). In a home that has data put it back from the backup "
                "of that folder, for another one in its place opens nothing."
            )
        return text

    def password(self, role: str) -> str:
        return self.secret(f"password_{role}")

    def passfile(self, role: str) -> Path:
        """A libpq password file that opens the warehouse for one role and no other."""
        return self.secrets / f"pgpass_{role}"

    @property
    def readers_database(self) -> str:
        """The database that holds the schema publish, for readers, and nothing else. It is on the warehouse's own server."""
        return f"{self.database}_readers"

    def database_of(self, role: str) -> str:
        """The database in which a role reads."""
        return self.readers_database if role == BI_READER or role.startswith(ANALYST_OF) else self.database

    def conninfo(self, role: str, database: str | None = None) -> str:
        """A libpq connection string without a password in it, whatever the folder of the home is called."""
        # Here, because DAG files read settings and connect to nothing.
        from psycopg.conninfo import make_conninfo

        # A deployment's warehouse lets the superuser in by its socket, which is lent to who may use it.
        host = os.environ.get("VRN_PG_SOCKET", self.pg_host) if role == "postgres" else self.pg_host
        return make_conninfo(
            host=host,
            port=self.pg_port,
            dbname=database or self.database_of(role),
            user=role,
            passfile=str(self.passfile(role)),
            application_name="vrn",
        )

    def url(self, role: str, database: str | None = None) -> str:
        """The same connection for SQLAlchemy; the password stays in the password file."""
        from sqlalchemy import URL

        query = {"passfile": str(self.passfile(role)), "application_name": "vrn"}
        return URL.create(
            "postgresql+psycopg",
            role,
            host=self.pg_host,
            port=self.pg_port,
            database=database or self.database_of(role),
            query=query,
        ).render_as_string(hide_password=False)
