"""Files at a partner's web server: asked for only when changed, resumed when cut off, and never from another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote

import httpx
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException

from vrn.receive import remote
from vrn.receive.remote import Fetched, Memory, Remote, RemoteError

TIMEOUT = httpx.Timeout(60.0, connect=20.0)
MOST_REDIRECTS = 5
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def fetch(server: Remote, target: Path, fetched: Memory) -> list[Path]:
    """Bring what is new among the server's files into the target. Raises RemoteError for what could not come.

    A file that is not there yet (404) is no error: the next run asks again.
    """
    target.mkdir(parents=True, exist_ok=True)
    came: list[Path] = []
    failed: list[str] = []
    client, base = _client(server)
    with client:
        for file, url, name in _addresses(server, base):
            # An earlier delivery of that name waits to be registered; it goes first, this one comes with a later run.
            if (target / name).exists():
                continue
            location = f"http:{server.connection}:{server.path}:{file}"
            try:
                path = _Download(client, url, target / name, location, fetched, server.checksum is not None).run()
            except RemoteError as error:
                failed.append(str(error))
                continue
            except httpx.HTTPError as error:
                failed.append(
                    f"{name} did not come whole from {url.host}: {error or type(error).__name__}. Run this again; it goes on "
                    "from where it broke off where the server can."
                )
                continue
            if path is not None:
                came.append(path)
    if failed:
        raise RemoteError("\n".join(failed))
    return came


def _client(server: Remote) -> tuple[httpx.Client, httpx.URL]:
    """A client with the connection's login, and the address that the server's files are relative to."""
    try:
        connection = BaseHook.get_connection(server.connection)
    except AirflowException as error:
        raise RemoteError(f"The Airflow connection '{server.connection}' cannot be used: {error}.") from None
    host = connection.host or ""
    base = _url(host if "://" in host else f"{connection.schema or 'https'}://{host}")
    if base is None or base.scheme not in ("http", "https") or not base.host or base.userinfo:
        raise RemoteError(
            f"The Airflow connection '{server.connection}' needs a host, such as files.example.org, and its login in the fields "
            "for it."
        )
    if connection.port:
        base = base.copy_with(port=connection.port)
    extra = connection.extra_dejson
    if base.scheme == "http" and base.host not in THIS_MACHINE and extra.get("plain_http") is not True:
        raise RemoteError(
            f"The Airflow connection '{server.connection}' would send its login unencrypted. Make its schema https; only where "
            'the partner has no https and that was agreed, put {"plain_http": true} into its extra.'
        )
    # identity: the bytes of the file itself, so that its length, a range of it and its checksum mean what they say.
    headers = {**extra.get("headers", {}), "Accept-Encoding": "identity"}
    if connection.password and not connection.login:
        headers["Authorization"] = f"Bearer {connection.password}"
    login = httpx.BasicAuth(connection.login, connection.password or "") if connection.login else None
    folder = "/".join(part for part in (base.path.strip("/"), server.path.strip("/")) if part)
    return (
        httpx.Client(headers=headers, auth=login, timeout=TIMEOUT, follow_redirects=False, verify=True),
        base.copy_with(path=f"/{folder}/" if folder else "/"),
    )


def _addresses(server: Remote, base: httpx.URL) -> list[tuple[str, httpx.URL, str]]:
    """Each file as the feed file says it, its address, and the name it gets here."""
    found: list[tuple[str, httpx.URL, str]] = []
    for file in server.files:
        if "{" in file:
            raise RemoteError(f"The file '{file}' still has a placeholder: it is asked for without the months it stands for.")
        url = _url(file, base)
        if url is None:
            raise RemoteError(f"The file '{file}' is no address. Correct remoteFiles in the feed file.")
        name = unquote(url.raw_path.decode("ascii").partition("?")[0].rpartition("/")[2])
        if _origin(url) != _origin(base):
            raise RemoteError(
                f"The file '{file}' is not at {base.host}, the host of connection '{server.connection}', and its login goes "
                "nowhere else. Correct remoteFiles in the feed file."
            )
        if not remote.is_safe(name):
            raise RemoteError(f"The file '{file}' does not end in a plain file name. Correct remoteFiles in the feed file.")
        if any(name == other for _, _, other in found):
            raise RemoteError(f"Two of the feed's files would be named {name} here. Correct remoteFiles in the feed file.")
        found.append((file, url, name))
    return found


def _url(text: str, base: httpx.URL | None = None) -> httpx.URL | None:
    try:
        return base.join(text) if base is not None else httpx.URL(text)
    except httpx.InvalidURL:
        return None


def _origin(url: httpx.URL) -> tuple:
    # httpx leaves a default port out, so https://host and https://host:443 are the same.
    return url.scheme, url.host, url.port, url.userinfo


@contextmanager
def _get(client: httpx.Client, url: httpx.URL, headers: dict[str, str]) -> Iterator[httpx.Response]:
    """The answer to a request, over redirects within the same host: the login is for that host alone."""
    onward = url
    for _ in range(MOST_REDIRECTS + 1):
        with client.stream("GET", onward, headers=headers) as response:
            if not response.has_redirect_location:
                yield response
                return
            aim = _url(response.headers["location"], onward)
        if aim is None:
            raise RemoteError(f"{url.host} redirects {url.path} to no address at all. Ask the partner.")
        onward = aim
        if _origin(onward) != _origin(url):
            raise RemoteError(
                f"{url.host} redirects {url.path} to {onward.scheme}://{onward.host}, where our login must not go. Nothing was "
                "fetched. If the files have moved, change the Airflow connection."
            )
    raise RemoteError(f"{url.host} redirects {url.path} again and again. Ask the partner for the right address.")


class _Download:
    """One file on its way. What has come so far survives a cut in `<name>.part`, and what it is of in a note beside it."""

    def __init__(self, client: httpx.Client, url: httpx.URL, final: Path, location: str, memory: Memory, has_checksum: bool):
        self._client = client
        self._url = url
        self._final = final
        self._location = location
        self._memory = memory
        self._has_checksum = has_checksum
        self._part = remote.part_of(final)
        # Hidden, so never taken for a delivery: the location and the strong ETag that the part belongs to.
        self._note = final.with_name(f".{final.name}.etag")

    def run(self) -> Path | None:
        """The file when something new came, None when it is unchanged or not there yet."""
        before = self._memory.recall(self._location, self._final.name)
        offset, etag = self._come_so_far()
        with _get(self._client, self._url, _conditions(before, offset, etag)) as response:
            if response.status_code not in (206, 416):
                return self._take(response)
            if response.status_code == 206 and _continues(response, offset, etag):
                return self._take(response, offset)
        # The server does not go on from where we are: from the beginning then.
        self._forget()
        with _get(self._client, self._url, _conditions(before)) as response:
            return self._take(response)

    def _take(self, response: httpx.Response, offset: int = 0) -> Path | None:
        name, host = self._final.name, self._url.host
        match response.status_code:
            case 304 | 404:
                self._forget()
                return None
            case 401 | 403:
                raise RemoteError(f"{host} refused our login for {name} ({response.status_code}). Check the Airflow connection.")
            case 200:
                pass
            case 206 if offset:
                pass
            case status:
                raise RemoteError(f"{host} answered {status} for {name}. Run this again; if it stays so, ask the partner.")
        expected = self._checksum() if self._has_checksum else None
        total = _total(response, offset)
        if total is None and expected is None and "transfer-encoding" not in response.headers:
            raise RemoteError(f"{host} does not say how long {name} is, so that a cut could not be seen. It was left there.")
        self._write(response, offset, total)
        try:
            return remote.settle(
                self._final,
                self._location,
                self._memory,
                modified_at=_last_modified(response),
                etag=response.headers.get("etag"),
                expected=expected,
            )
        finally:
            self._note.unlink(missing_ok=True)

    def _write(self, response: httpx.Response, offset: int, total: int | None) -> None:
        if not offset:
            self._begin(response.headers.get("etag", ""))
        size = offset
        self._refuse_too_big(total or 0)
        with self._part.open("ab") as part:
            # As they come: gathered into greater blocks, the last one would be lost when the connection breaks.
            for block in response.iter_raw():
                size += len(block)
                self._refuse_too_big(size)
                part.write(block)
        if total is not None and size != total:
            self._forget()
            raise RemoteError(f"{self._final.name} came with {size:,} bytes where {total:,} were announced. It was kept out.")

    def _begin(self, etag: str) -> None:
        # In this order a kill never leaves a part beside the note of another.
        self._forget()
        # Only a strong ETag promises the same bytes.
        if etag and not etag.startswith("W/"):
            self._note.write_text(f"{self._location}\n{etag}", encoding="utf-8")

    def _come_so_far(self) -> tuple[int, str]:
        try:
            location, _, etag = self._note.read_text(encoding="utf-8").partition("\n")
            offset = self._part.stat().st_size
        except FileNotFoundError:
            return 0, ""
        return (offset, etag) if location == self._location and etag else (0, "")

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _refuse_too_big(self, size: int) -> None:
        if size > remote.MOST_BYTES:
            self._forget()
            raise RemoteError(f"{self._final.name} has more than {remote.MOST_BYTES:,} bytes, which is the most that is fetched.")

    def _checksum(self) -> str:
        name = self._final.name
        with _get(self._client, self._url.copy_with(path=f"{self._url.path}.sha256"), {}) as response:
            if response.status_code != 200:
                raise RemoteError(
                    f"{name} has no {name}.sha256 beside it ({response.status_code}), which this feed asks for. It was left "
                    "there until its checksum comes."
                )
            start = next(response.iter_bytes(1024), b"")
            return remote.read_checksum(start.decode("ascii", "replace"), name)


def _conditions(before: Fetched | None, offset: int = 0, etag: str = "") -> dict[str, str]:
    """The headers that ask for a file only when it has changed, and only for the rest of it when we have its beginning."""
    headers = {}
    if before is not None and before.etag:
        headers["If-None-Match"] = before.etag
    elif before is not None and before.modified_at is not None:
        headers["If-Modified-Since"] = format_datetime(before.modified_at.astimezone(UTC), usegmt=True)
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": etag}
    return headers


def _continues(response: httpx.Response, offset: int, etag: str) -> bool:
    """Whether a partial answer is the rest of the very file that we have the beginning of."""
    span = _span(response)
    return bool(offset) and span is not None and span[0] == offset and response.headers.get("etag", etag) == etag


def _total(response: httpx.Response, offset: int) -> int | None:
    if offset:
        span = _span(response)
        return span[1] if span else None
    length = response.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


def _span(response: httpx.Response) -> tuple[int, int] | None:
    """Where a partial answer begins, and how long the whole file is; None unless it reaches to the end."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("content-range", "").strip())
    if found is None:
        return None
    start, last, total = map(int, found.groups())
    return (start, total) if last == total - 1 else None


def _last_modified(response: httpx.Response) -> datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers["last-modified"])
    except (KeyError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
