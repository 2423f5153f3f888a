"""The site over HTTP: its files and nothing else, with the headers that let a page load only what is its own.

For deployments (the service `site`); any other web server does as well (docs/site.md). It needs no database and no secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Pages change with a release, all at once: a browser asks whether they did.
    "Cache-Control": "no-cache",
}


class SetsHeaders:
    """Sets headers on every answer."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]):
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, with_headers)


def application(folder: Path) -> ASGIApp:
    """folder: the site's, which a build swaps for another: it is looked up anew for each request."""
    app = Starlette(exception_handlers={404: _not_found})
    app.mount("/", StaticFiles(directory=folder, html=True, check_dir=False))
    return SetsHeaders(app, HEADERS)


async def _not_found(_request, _error) -> PlainTextResponse:
    return PlainTextResponse("There is no such page. The scorecard is at /index.html.\n", status_code=404)


def server(folder: Path, port: int, host: str = "0.0.0.0") -> uvicorn.Server:
    """The server, to `run()`. It does not say what it is, and keeps no log of who read what."""
    return uvicorn.Server(uvicorn.Config(application(folder), host=host, port=port, server_header=False, access_log=False))
