"""A folder on a partner's SFTP server. Nothing there is ever changed, and no server is believed without its host key."""

from __future__ import annotations

import fnmatch
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import paramiko
from airflow.providers.sftp.hooks.sftp import SFTPHook
from airflow.sdk.exceptions import AirflowException

from vrn.errors import safe_text
from vrn.receive import folder, remote
from vrn.receive.remote import Memory, Remote, RemoteError

# A stalled upload looks like a finished one; this is how long a stall may be. A marker makes waiting needless.
SECONDS_AT_REST = 30.0
# How the long name of what is no plain file begins: a folder, a link, a device, a pipe or a socket.
NOT_PLAIN = ("d", "l", "c", "b", "p", "s")
MARKER = ".done"
SSH_PORT = 22
SECONDS_TO_CONNECT = 20
SECONDS_TO_ANSWER = 60.0
REQUESTS_AHEAD = 64


@dataclass(frozen=True)
class Look:
    """A remote file as one look at the folder showed it."""

    size: int
    modified_at: datetime


def fetch(server: Remote, target: Path, fetched: Memory) -> list[Path]:
    """Bring what is new and whole in the remote folder into the target. Raises RemoteError for what could not come."""
    location = f"sftp:{server.connection}:{server.path.rstrip('/') or '.'}"
    target.mkdir(parents=True, exist_ok=True)
    came: list[Path] = []
    failed: list[str] = []
    with _open(server) as connection:
        for name, look in _whole(connection, server, location, fetched).items():
            # An earlier delivery of that name waits to be registered; it goes first, this one comes with a later run.
            if (target / name).exists():
                continue
            try:
                path = _fetch(connection, server, look, target / name, location, fetched)
            except RemoteError as error:
                failed.append(str(error))
                continue
            if path is not None:
                came.append(path)
    if failed:
        raise RemoteError("\n".join(failed))
    return came


def _whole(connection: paramiko.SFTPClient, server: Remote, location: str, fetched: Memory) -> dict[str, Look]:
    """The new files that nobody is writing: a marker younger than the file says so, or two looks that are alike."""
    first = _look(connection, server)
    new = {name: look for name, look in first.items() if _is_wanted(name, server) and _is_new(name, look, location, fetched)}
    marked = {name for name, look in new.items() if name + MARKER in first and first[name + MARKER].modified_at >= look.modified_at}
    second: dict[str, Look] = {}
    if new.keys() - marked:
        _rest()
        second = _look(connection, server)
    return {name: look for name, look in sorted(new.items()) if name in marked or second.get(name) == look}


def _rest() -> None:
    time.sleep(SECONDS_AT_REST)


def _look(connection: paramiko.SFTPClient, server: Remote) -> dict[str, Look]:
    """The plain files of the remote folder that have a safe name. A link is not a plain file."""
    try:
        entries = connection.listdir_attr(server.path or ".")
    except FileNotFoundError:
        raise RemoteError(
            f"The server of connection '{server.connection}' has no folder '{server.path}'. Correct remotePath in the feed file."
        ) from None
    return {
        entry.filename: Look(entry.st_size or 0, datetime.fromtimestamp(entry.st_mtime or 0, UTC))
        for entry in entries
        if _is_plain(entry) and remote.is_safe(entry.filename)
    }


def _is_plain(entry: paramiko.SFTPAttributes) -> bool:
    """Whether an entry is a plain file. A server need not say what an entry is: then its long name may, or to read it will tell."""
    if entry.st_mode is not None:
        return stat.S_ISREG(entry.st_mode)
    return not str(getattr(entry, "longname", "") or "").startswith(NOT_PLAIN)


def _is_wanted(name: str, server: Remote) -> bool:
    if name.endswith((*folder.UNFINISHED, *remote.BESIDE)):
        return False
    return not server.files or any(fnmatch.fnmatchcase(name, pattern) for pattern in server.files)


def _is_new(name: str, look: Look, location: str, fetched: Memory) -> bool:
    before = fetched.recall(location, name)
    return before is None or (before.byte_count, before.modified_at) != (look.size, look.modified_at)


def _fetch(connection: paramiko.SFTPClient, server: Remote, look: Look, final: Path, location: str, fetched: Memory) -> Path | None:
    source = f"{server.path.rstrip('/')}/{final.name}" if server.path else final.name
    if look.size > remote.MOST_BYTES:
        raise RemoteError(f"{final.name} has {look.size:,} bytes; the most that is fetched is {remote.MOST_BYTES:,}.")
    expected = _checksum(connection, source, final.name) if server.checksum else None
    part = remote.part_of(final)
    written = 0
    try:
        opened = connection.open(source, "rb")
    except FileNotFoundError:
        return None
    except OSError as error:
        if isinstance(error, PermissionError):
            raise RemoteError(
                f"{final.name} may not be read by our login (connection '{server.connection}'). Ask the partner to allow it."
            ) from None
        raise RemoteError(
            f"{final.name} could not be opened at the server of connection '{server.connection}'; it may be a folder, which "
            "the server does not say. Name the files of the feed in remoteFiles."
        ) from None
    with opened as file, part.open("wb") as copy:
        file.prefetch(look.size, max_concurrent_requests=REQUESTS_AHEAD)
        # No more than the look said: what comes after it was written since, and the file is not at rest.
        while block := file.read(min(remote.BLOCK_BYTES, look.size - written)):
            copy.write(block)
            written += len(block)
    after = connection.stat(source)
    if (after.st_size, after.st_mtime or 0) != (look.size, int(look.modified_at.timestamp())) or written != look.size:
        # It changed under our hands. It is as new as before, and a later run takes it.
        part.unlink()
        return None
    return remote.settle(final, location, fetched, modified_at=look.modified_at, expected=expected)


def _checksum(connection: paramiko.SFTPClient, source: str, name: str) -> str:
    try:
        with connection.open(f"{source}.sha256", "rb") as file:
            return remote.read_checksum(file.read(1024).decode("ascii", "replace"), name)
    except FileNotFoundError:
        raise RemoteError(
            f"{name} has no {name}.sha256 beside it, which this feed asks for. It was left there until its checksum comes."
        ) from None


@contextmanager
def _open(server: Remote) -> Iterator[paramiko.SFTPClient]:
    """The connection's server, with its host key checked; what goes wrong on the way becomes a sentence."""
    hook = _hook(server)
    place = f"{hook.remote_host}:{hook.port} (connection '{server.connection}')"
    try:
        with hook.get_managed_conn() as connection:
            connection.get_channel().settimeout(SECONDS_TO_ANSWER)
            yield connection
    except paramiko.BadHostKeyException:
        raise RemoteError(
            f"{place} shows another host key than the one we hold, so nothing was sent to it. Ask the partner by another way "
            "whether the key was changed, and only then put the new one into the connection's host_key."
        ) from None
    except paramiko.AuthenticationException:
        raise RemoteError(f"{place} refused our login. Check the connection's login, password or key.") from None
    except (paramiko.SSHException, paramiko.SFTPError, OSError, EOFError, UnicodeError) as error:
        # The failure of a file of ours has the file's name, which a person may have written.
        why = safe_text(error) if getattr(error, "filename", None) else error or type(error).__name__
        raise RemoteError(
            f"The connection to {place} failed: {why}. What came whole before that is kept; run this again."
        ) from None


def _hook(server: Remote) -> SFTPHook:
    try:
        # One attempt: the task has retries, and a wrong host key does not become right by asking again.
        hook = SFTPHook(ssh_conn_id=server.connection, conn_retry_attempts=1, conn_timeout=SECONDS_TO_CONNECT)
    except (AirflowException, paramiko.SSHException, ValueError) as error:
        raise RemoteError(f"The Airflow connection '{server.connection}' cannot be used: {error}.") from None
    if hook.no_host_key_check or hook.allow_host_key_change:
        raise RemoteError(
            f"The Airflow connection '{server.connection}' switches the check of the host key off. Take no_host_key_check and "
            "allow_host_key_change out of it and give it the server's host_key."
        )
    if hook.host_key is None and not _is_known(hook):
        raise RemoteError(
            f"The host key of {hook.remote_host} is not known. Put it as host_key into the extra of the Airflow connection "
            f"'{server.connection}' (the partner can tell it; ssh-keyscan shows what the server says)."
        )
    return hook


def _is_known(hook: SFTPHook) -> bool:
    known_hosts = Path("~/.ssh/known_hosts").expanduser()
    if not known_hosts.is_file():
        return False
    host = hook.remote_host if hook.port == SSH_PORT else f"[{hook.remote_host}]:{hook.port}"
    return paramiko.HostKeys(str(known_hosts)).lookup(host) is not None
