"""What each service of a deployment is given before it starts: its secrets and no others, and folders that it may write to."""

from __future__ import annotations

import os
import secrets as randomness
import stat
from collections.abc import Mapping
from pathlib import Path

from vrn import whole_file
from vrn.access import hba, tls
from vrn.access import secrets as files
from vrn.errors import HomeError
from vrn.run import secrets, workers
from vrn.settings import Settings

# A folder (a volume) for each service that is given secrets (vrn.run.secrets.SERVICES), and the users of other images.
HANDED_OUT = Path("/var/lib/vrn-secrets")
# Where Redis keeps what waits.
QUEUE = Path("/var/lib/vrn-queue")
VRN_USER, POSTGRES_USER, SUPERSET_USER, REDIS_USER = 50000, 999, 50001, 999
OF_OTHER_IMAGES = {"warehouse": POSTGRES_USER, "airflow-db": POSTGRES_USER, "superset": SUPERSET_USER, "redis": REDIS_USER}
# What of ours people on other machines reach over TLS.
SERVERS_OF_OURS = ("partner-pages",)
OF_OURS = tuple(name for name in secrets.SERVICES if name not in OF_OTHER_IMAGES)


def to_other_images(settings: Settings) -> None:
    """Make the passwords that are missing and give other images theirs, with what their servers read at their start. As root,
    before anything else. Raises HomeError."""
    is_new = not any(settings.secrets.glob("password_*"))
    secrets.ensure(settings, is_new=is_new)
    files.once(settings, secrets.SUPERSET_KEY, randomness.token_urlsafe(42))
    files.once(settings, secrets.SUPERSET_ADMIN, randomness.token_urlsafe(12))
    names = os.environ.get("VRN_TLS_NAMES")
    has_tls = names is not None
    if has_tls:
        tls.ensure(settings, names.split())
    files.replace(settings, "pg_hba.warehouse", hba.of_warehouse(has_tls=has_tls))
    files.replace(settings, "pg_hba.airflow-db", hba.of_airflow_db(has_tls=has_tls))
    of_server = {tls.CERTIFICATE: tls.CERTIFICATE, tls.KEY: tls.KEY} if has_tls else {}
    _give(settings, "warehouse", {**of_server, "pg_hba.warehouse": "pg_hba.conf"})
    _give(settings, "airflow-db", {**of_server, "pg_hba.airflow-db": "pg_hba.conf"})
    _give(settings, "superset", {tls.CA_CERTIFICATE: "ca.crt"} if has_tls else {})
    files.replace(settings, "users.redis", workers.users(settings))
    _give(settings, "redis", {"users.redis": "users.acl"})
    QUEUE.mkdir(parents=True, exist_ok=True)
    os.chown(QUEUE, REDIS_USER, REDIS_USER)
    _own(settings)


def to_ours(settings: Settings) -> None:
    """Give our own services their secrets, once the keys are there. As their user."""
    is_tls = files.is_there(settings, tls.CA_CERTIFICATE)
    for service in OF_OURS:
        of_server = (tls.CERTIFICATE, tls.KEY) if service in SERVERS_OF_OURS else ()
        _give(settings, service, {name: name for name in (tls.CA_CERTIFICATE, *of_server)} if is_tls else {})


def _give(settings: Settings, service: str, others: Mapping[str, str]) -> None:
    """Exactly its files, readable by its user alone: what is given no more is taken away. others: by the names they get."""
    target, user = HANDED_OUT / service, OF_OTHER_IMAGES.get(service, VRN_USER)
    names = {name: name for name in secrets.of_service(settings, service)} | others
    target.mkdir(parents=True, exist_ok=True)
    for path in target.iterdir():
        if path.name not in names.values():
            path.unlink()
    for name, given in names.items():
        with whole_file.opened(target / given, mode=files.FILE_MODE) as file:
            file.write((settings.secrets / name).read_bytes())
            os.chown(file.fileno(), user, user)
    target.chmod(0o700)
    os.chown(target, user, user)


def _own(settings: Settings) -> None:
    """Give our user what our services write. The inbox may be a folder of the host, with people of its own."""
    for service in OF_OURS:
        (HANDED_OUT / service).mkdir(parents=True, exist_ok=True)
        os.chown(HANDED_OUT / service, VRN_USER, VRN_USER)
    others = {settings.inbox, settings.server_log}
    for top in (settings.home, settings.public, settings.partners, settings.secrets):
        top.mkdir(parents=True, exist_ok=True)
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if Path(folder, name) not in others]
            for path in (folder, *(Path(folder, name) for name in names)):
                os.chown(path, VRN_USER, VRN_USER, follow_symlinks=False)
    settings.secrets.chmod(0o700)
    # The warehouse writes its log there; our group reads it, and deletes what was read (vrn.access.audit).
    logs = settings.server_log
    logs.mkdir(parents=True, exist_ok=True)
    os.chown(settings.logs, VRN_USER, VRN_USER)
    for path in (logs, *logs.iterdir()):
        os.chown(path, POSTGRES_USER, VRN_USER)
    logs.chmod(0o2770)
    _check_inbox(settings)


def _check_inbox(settings: Settings) -> None:
    """Owner, group and mode of an inbox stay as they are; one that is new and nobody's is ours. Raises HomeError."""
    settings.inbox.mkdir(parents=True, exist_ok=True)
    found, group = settings.inbox.stat(), int(os.environ.get("VRN_INBOX_GROUP") or VRN_USER)
    if (found.st_uid, found.st_gid) == (0, 0) and not any(settings.inbox.iterdir()):
        os.chown(settings.inbox, VRN_USER, VRN_USER)
        return
    needed = 0o700 if found.st_uid == VRN_USER else 0o070 if found.st_gid in (VRN_USER, group) else 0o007
    if found.st_mode & needed != needed:
        raise HomeError(
            f"The folder VRN_INBOX belongs to user {found.st_uid} and group {found.st_gid}, with mode "
            f"{stat.S_IMODE(found.st_mode):o}: the services (user {VRN_USER}) may not take files out of it. Let its group do that "
            f"(chmod g+rwxs), and start with VRN_INBOX_GROUP={found.st_gid}."
        )
