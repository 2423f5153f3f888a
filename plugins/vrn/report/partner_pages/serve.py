"""A partner's page over HTTP: whoever signs in as a partner gets the files of its folder, and there is no way to ask for another's.

The name is the partner's, the password that of its analysts' role, read anew for each request: one that is replaced opens nothing
any more. With the certificate of the deployment it speaks TLS; without it, put a proxy with TLS before it, because a password is
sent.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from vrn.access import tls
from vrn.access.audit.page_log import PageLog
from vrn.access.roles import ANALYST_OF, PARTNER
from vrn.report import partner_pages
from vrn.report.site.serve import HEADERS, SetsHeaders
from vrn.settings import Settings

ASK = {"WWW-Authenticate": 'Basic realm="A partner of the network", charset="UTF-8"'}
# Nothing of it stays on a computer that several people use.
NOT_KEPT = HEADERS | {"Cache-Control": "no-store"}
Passwords = Callable[[str], str | None]


class SignedIn:
    """Serves the folder of the partner who signs in, looked up anew for each request, because a build swaps it. What cannot be
    written into the log is not given."""

    def __init__(self, folder: Path, password_of: Passwords, log: PageLog):
        self._folder = folder
        self._password_of = password_of
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer = self._answer(scope)
        except OSError:
            answer = PlainTextResponse("What is read here is recorded, and that fails. Tell the network.\n", status_code=503)
        try:
            await answer(scope, receive, send)
        except HTTPException as error:
            # A method other than GET, or a build that swaps the folder just now.
            await _refusal(error.status_code)(scope, receive, send)

    def _answer(self, scope: Scope) -> ASGIApp:
        """What whoever asks is given, once it is in the log. Raises OSError where it cannot be written there."""
        client = scope["client"][0] if scope.get("client") else ""
        name, password = _signed(Headers(scope=scope).get("authorization", ""))
        wanted = self._password_of(name)
        # In the same time whatever is wrong, as far as a comparison tells.
        if not (hmac.compare_digest(password.encode(), (wanted or "").encode()) and wanted):
            # A name that is no partner's may be a password in the wrong field.
            if wanted:
                self._log.refused(f"{ANALYST_OF}{name}", client)
            return PlainTextResponse("Sign in as your organisation.\n", status_code=401, headers=ASK)
        if not self._has(name, scope["path"]):
            return _refusal(404)
        self._log.read(f"{ANALYST_OF}{name}", client, f"{name}/{scope['path'].lstrip('/') or 'index.html'}")
        return StaticFiles(directory=self._folder / name, html=True, check_dir=False)

    def _has(self, partner: str, path: str) -> bool:
        if "\0" in path:
            return False
        folder = (self._folder / partner).resolve()
        wanted = (folder / (path.lstrip("/") or "index.html")).resolve()
        return wanted.parent == folder and wanted.is_file()


def _signed(authorization: str) -> tuple[str, str]:
    """Name and password as they were given; of what cannot be read, nothing."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(given, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _refusal(status: int) -> ASGIApp:
    return PlainTextResponse("There is no such page. Yours is at /.\n", status_code=status)


def passwords(settings: Settings) -> Passwords:
    """The password of a partner's analysts; None for whoever is no partner that this service was given one of."""

    def password_of(partner: str) -> str | None:
        is_there = PARTNER.fullmatch(partner) and (settings.secrets / f"password_{ANALYST_OF}{partner}").exists()
        return settings.password(f"{ANALYST_OF}{partner}") if is_there else None

    return password_of


def application(folder: Path, password_of: Passwords, log: PageLog) -> ASGIApp:
    return SetsHeaders(SignedIn(folder, password_of, log), NOT_KEPT)


def server(settings: Settings, port: int, host: str = "0.0.0.0") -> uvicorn.Server:
    """The server, to `run()`; over TLS where the service was given a certificate."""
    certificate, key = settings.secrets / tls.CERTIFICATE, settings.secrets / tls.KEY
    files = {"ssl_certfile": certificate, "ssl_keyfile": key} if certificate.exists() else {}
    app = application(partner_pages.folder(settings), passwords(settings), PageLog(settings.page_log))
    return uvicorn.Server(uvicorn.Config(app, host=host, port=port, server_header=False, access_log=False, lifespan="off", **files))
