"""`make rotate-key`: another key or password in the place of one that is lost or became known, and what that means for what is
kept.

What can be re-keyed is: originals are sealed anew, and Airflow's connections encrypted anew, if the old key is at hand. A hash or a
pseudonym cannot be, because nobody has what it was made of; what no key opens any more is said to be lost.
"""

from __future__ import annotations

import os
import secrets as randomness
import subprocess
from collections.abc import Mapping

import psycopg

from vrn.access import keys
from vrn.access import roles as access
from vrn.access import secrets as files
from vrn.errors import HomeError, last_line
from vrn.projects import pseudonyms
from vrn.receive import landing
from vrn.run import originals, prepare, secrets
from vrn.run.local import postgres
from vrn.settings import KEY_VERSION, Settings
from vrn.stage import protect
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import AIRFLOW, OWNER, SUPERUSER

PASSWORD = "password_"


def rotate(settings: Settings, name: str, airflow: Mapping[str, str]) -> str:
    """Make a new key or password of that name, with the services stopped and the warehouse running.

    airflow: the environment of Airflow's commands, but for its key. Returns what was done and what it means. It may be run again
    after a kill. Raises HomeError.
    """
    if name.startswith(PASSWORD):
        return _password(settings, name.removeprefix(PASSWORD))
    # The home may be older than its fingerprints.
    prepare.migrate(settings)
    with connect(settings, OWNER, autocommit=True) as connection:
        # A start waits for it, so that nothing is sealed with the old key meanwhile.
        locks.for_session(connection, locks.Job.KEYS)
        keys.take(connection, settings, secrets.keys(settings))
        if name not in secrets.keys(settings):
            raise HomeError(f"This home has no key '{name}'. It has {', '.join(secrets.keys(settings))}, and password_<role>.")
        if name == landing.KEY:
            return _landing(connection, settings)
        if name == secrets.FERNET_KEY:
            return _fernet(connection, settings, airflow)
        if name in protect.key_names(settings.key_version):
            return _hash_keys(connection, settings)
        return _project(connection, settings, name)


def _landing(connection: psycopg.Connection, settings: Settings) -> str:
    new = _next(settings, landing.KEY, files.hexadecimal())
    old = bytes.fromhex(settings.secret(landing.KEY)) if files.is_there(settings, landing.KEY) else None
    done, lost = originals.seal_anew(connection, settings, old, bytes.fromhex(new))
    _put_in_place(connection, settings, landing.KEY, new)
    said = f"New deliveries are sealed with a new {landing.KEY}. Originals that are sealed with it now: {done:,}."
    if lost:
        said += (
            f" Originals that are lost, because no key at hand opens them: {lost:,} (ops.lost_original). Those deliveries cannot "
            "be replayed, and have to be asked for again if they are needed; what was accepted of them serves as before."
        )
    return said


def _fernet(connection: psycopg.Connection, settings: Settings, airflow: Mapping[str, str]) -> str:
    old, new = keys.in_use(connection, settings, secrets.FERNET_KEY), _next(settings, secrets.FERNET_KEY, secrets.fernet_key())
    if old is not None:
        # It decrypts with any of them, and encrypts with the first.
        environment = {**os.environ, **airflow, "AIRFLOW__CORE__FERNET_KEY": f"{new},{old}"}
        done = subprocess.run(["airflow", "rotate-fernet-key"], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise HomeError(f"Airflow could not encrypt anew: {last_line(done.stderr).rstrip('.')}. The old key is in use still.")
        _put_in_place(connection, settings, secrets.FERNET_KEY, new)
        return "Airflow's connections, variables and triggers are encrypted with a new key."
    with psycopg.connect(airflow["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", ""), autocommit=True) as airflow_db:
        # Airflow makes those of the inbox anew; these it could not read, and would stop.
        airflow_db.execute("delete from trigger")
    _put_in_place(connection, settings, secrets.FERNET_KEY, new)
    return (
        "Airflow has a new key. What was encrypted with the old one cannot be read: enter the passwords of Airflow's connections "
        "and its variables again. A delivery that waits for approval is asked about again (start the DAG approve_held)."
    )


def _next(settings: Settings, name: str, new: str) -> str:
    """The key to come, kept aside until everything rests on it: after a kill the same one goes on."""
    files.once(settings, f"{name}.next", new)
    return settings.secret(f"{name}.next")


def _put_in_place(connection: psycopg.Connection, settings: Settings, name: str, new: str) -> None:
    keys.renew(connection, settings, name, new)
    files.remove(settings, f"{name}.next")


def _hash_keys(connection: psycopg.Connection, settings: Settings) -> str:
    if "VRN_KEY_VERSION" in os.environ:
        raise HomeError(
            "VRN_KEY_VERSION says which version of the hash keys is in use. Take it out of the environment: this command makes the "
            f"next version, and the home keeps its number ({settings.secrets / KEY_VERSION})."
        )
    old = settings.key_version
    with connection.transaction():
        for name in protect.key_names(old + 1):
            files.once(settings, name, files.hexadecimal())
            keys.renew(connection, settings, name, settings.secret(name))
    files.replace(settings, KEY_VERSION, str(old + 1))
    hashed = connection.execute(
        "select count(*) as n from ops.submission where status = 'accepted' and hash_key_version <= %s", [old]
    ).fetchone()["n"]
    return (
        f"New deliveries are hashed with version {old + 1} of every hash key and of the match key. Deliveries that serve and "
        f"were hashed with an older version: {hashed:,}. A person in those and in new ones has two pseudonyms, so that "
        "linkage takes one for two and figures that count persons count both, until they are replayed (`make replay`) or come anew."
    )


def _project(connection: psycopg.Connection, settings: Settings, name: str) -> str:
    keys.renew(connection, settings, name, files.hexadecimal())
    project = name.removeprefix(pseudonyms.key_name(""))
    return (
        f"The project {project} has a new key: with the next `make project PROJECT={project}` every pseudonym in its tables is "
        "another one, and what was extracted before joins nothing new."
    )


def _password(settings: Settings, role: str) -> str:
    if role not in secrets.roles(settings):
        raise HomeError(f"This home has no role '{role}' with a password. It has {', '.join(secrets.roles(settings))}.")
    if settings.is_deployed and role in (SUPERUSER, AIRFLOW):
        raise HomeError(f"In a deployment the password of {role} is changed at its own server (docs/access.md#secrets-and-keys).")
    password = randomness.token_urlsafe(24)
    if role == SUPERUSER:
        with connect(settings, OWNER) as connection:
            verifier = access.verifier(connection, role, password)
        # Whether or not anybody knows the old one.
        postgres.set_password_of_superuser(settings, verifier)
    files.replace(settings, f"{PASSWORD}{role}", password)
    files.write_passfile(settings, role)
    return (
        f"The role {role} has a new password from the next start on ({settings.secrets / (PASSWORD + role)}): hand it to whoever "
        "signs in with it."
    )
