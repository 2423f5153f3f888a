"""Every secret of a home in one table: which there are, as the rooms that use them declare them, and which service needs which.

What is kept rests on *keys*: they are made for a home that is new, and the database knows them again (vrn.access.keys). Nothing
that is kept rests on *passwords* and tokens: one that is not there is made anew, and whoever asks for it is told the new one.

In a deployment each service has a copy of what SERVICES says, and nothing else (vrn.run.deploy). In a local home they run as one
user, who can read the whole folder.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vrn.access import roles as access
from vrn.access import secrets as files
from vrn.access.audit import logged
from vrn.access.keys import renewal
from vrn.errors import HomeError
from vrn.feeds import days
from vrn.projects import pseudonyms, register
from vrn.projects.register import Project
from vrn.receive import landing
from vrn.settings import KEY_VERSION, Settings
from vrn.stage import protect
from vrn.warehouse.roles import AIRFLOW, KEEPER, LINKER, LOADER, OWN_ROLES, OWNER, SUPERUSER

# Airflow's: of its connections and triggers in its database; of what a browser holds; of what tasks show to its API; its one user.
FERNET_KEY, API_SECRET, JWT_SECRET, ADMIN = (
    "airflow_fernet_key",
    "airflow_secret_key",
    "airflow_jwt_secret",
    "airflow_admin_password",
)
# Of the Redis in which tasks wait for workers.
QUEUE_PASSWORD = "queue_password"
SUPERSET_KEY, SUPERSET_ADMIN = "superset_secret_key", "superset_admin_password"
Maker = Callable[[], str]


@dataclass(frozen=True)
class Need:
    """What a service needs.

    passwords: roles whose password it sets or configures. signs_in: roles as which it opens the warehouse (the libpq password
    file as well). tokens: files by name. has_keys: whether it protects, seals or makes pseudonyms. is_of_partners: whether partners
    sign in to it, with the password of their analysts.
    """

    passwords: tuple[str, ...] = ()
    signs_in: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    has_keys: bool = False
    is_of_partners: bool = False


# Those of docker-compose.yaml that are given any. `secrets` and `migrate` have all, because they make them and hand them out.
SERVICES = {
    "warehouse": Need(passwords=(SUPERUSER,)),
    "airflow-db": Need(passwords=(AIRFLOW,)),
    "api-server": Need(passwords=(AIRFLOW,), tokens=(FERNET_KEY, API_SECRET, JWT_SECRET, ADMIN)),
    # Tasks run in it: they seal, protect, build, link and keep up projects, and write notes through Airflow's API.
    "scheduler": Need(
        passwords=(AIRFLOW,),
        signs_in=(OWNER, LOADER, LINKER, KEEPER),
        tokens=(FERNET_KEY, JWT_SECRET, ADMIN, QUEUE_PASSWORD),
        has_keys=True,
    ),
    # With the profile `celery` tasks run in it. Of Airflow it has nothing but the door to the queue: the API server gives it
    # what a task needs.
    "worker": Need(signs_in=(OWNER, LOADER, LINKER, KEEPER), tokens=(ADMIN, QUEUE_PASSWORD), has_keys=True),
    # It knows a password by its hash (vrn.run.workers), which is handed out beside this table.
    "redis": Need(),
    "dag-processor": Need(passwords=(AIRFLOW,), tokens=(FERNET_KEY,)),
    "triggerer": Need(passwords=(AIRFLOW,), tokens=(FERNET_KEY,)),
    # It looks in the ledger and at Airflow's runs.
    "demo": Need(signs_in=(OWNER,), tokens=(ADMIN,)),
    # It asks who comes, and opens no database.
    "partner-pages": Need(is_of_partners=True),
    "superset": Need(passwords=(access.BI_READER,), tokens=(SUPERSET_KEY, SUPERSET_ADMIN)),
}


def keys(settings: Settings) -> dict[str, Maker]:
    """The keys that this home needs now, by the names of their files, and how a new one is made."""
    return {FERNET_KEY: fernet_key, **dict.fromkeys(_data_keys(settings), files.hexadecimal)}


def roles(settings: Settings) -> tuple[str, ...]:
    """Every role that has a password."""
    return (SUPERUSER, *OWN_ROLES, *access.logins(settings), AIRFLOW, *(project.role for project in open_projects(settings)))


def open_projects(settings: Settings) -> list[Project]:
    """The projects of the register that somebody may see, today or later: only they need a key."""
    return [one for one in register.read(settings)[0] if one.status == "active" and one.valid_to >= days.today()]


def ensure(settings: Settings, *, is_new: bool = True) -> list[str]:
    """Make the passwords and tokens that are not there, before a server starts. Returns those made that people sign in with.

    is_new: whether PostgreSQL is still to be made; else it knows its superuser's password and no other. Raises HomeError.
    """
    if not is_new and not files.is_there(settings, f"password_{SUPERUSER}"):
        # In a deployment the server is in another container, which has a copy.
        renewed = (
            "take the copy that the service `warehouse` has (docs/access.md)"
            if settings.is_deployed
            else (f"{renewal(settings, f'password_{SUPERUSER}')} makes a new one")
        )
        raise HomeError(
            f"The password of PostgreSQL's superuser (password_{SUPERUSER}) is not in {settings.secrets}, and the server of this "
            f"home knows no other. Put it back from the backup of that folder; if it is lost, {renewed}."
        )
    made = [role for role in roles(settings) if files.password(settings, role)]
    for name in (API_SECRET, JWT_SECRET, QUEUE_PASSWORD):
        files.once(settings, name, files.hexadecimal())
    of_people = [f"password_{role}" for role in made if role not in (SUPERUSER, AIRFLOW, *logged.SERVICES)]
    return of_people + ([ADMIN] if files.once(settings, ADMIN, secrets.token_urlsafe(12)) else [])


def of_service(settings: Settings, service: str) -> set[str]:
    """The names of the files that a service of a deployment is given."""
    need = SERVICES[service]
    named = {f"password_{role}" for role in (*need.passwords, *need.signs_in)}
    named |= {f"pgpass_{role}" for role in need.signs_in}
    named |= set(need.tokens)
    if need.is_of_partners:
        named |= {f"password_{access.ANALYST_OF}{partner}" for partner in access.partners(settings)}
    if need.has_keys:
        named |= {*_data_keys(settings), *([KEY_VERSION] if files.is_there(settings, KEY_VERSION) else [])}
    return named


def _data_keys(settings: Settings) -> Iterable[str]:
    yield landing.KEY
    yield from protect.key_names(settings.key_version)
    yield from (pseudonyms.key_name(project.name) for project in open_projects(settings))


def fernet_key() -> str:
    """32 random bytes in url-safe base64, as Fernet wants them."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
