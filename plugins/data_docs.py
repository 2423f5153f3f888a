"""An Airflow plugin: the Data Docs pages behind Airflow's own sign-in, and a link to them from each gate."""

from __future__ import annotations

import re

from airflow.plugins_manager import AirflowPlugin

from vrn.run.data_docs_link import PREFIX, DataDocsLink
from vrn.settings import Settings

FEED = re.compile(r"[a-z][a-z0-9_]*")
PAGE = re.compile(r"[0-9]{6,}(-[a-z0-9_]+)?\.html")


def application():
    """The pages, for whoever is signed in to Airflow and nobody else."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import FileResponse, HTMLResponse

    app = FastAPI(dependencies=[Depends(get_user)], docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/{feed}/", response_class=HTMLResponse)
    def listing(feed: str) -> str:
        if not FEED.fullmatch(feed):
            raise HTTPException(404)
        pages = sorted(Settings().data_docs.joinpath(feed).glob("*.html"), reverse=True)
        pages = [page for page in pages if page.stem.isdigit()]
        items = "".join(f'<li><a href="{page.name}">Submission {int(page.stem)}</a></li>' for page in pages)
        return (
            f'<!doctype html><html lang="en"><title>Data Docs of {feed}</title><h1>Data Docs of {feed}</h1>'
            f"<p>One page a submission, the newest first.</p><ul>{items}</ul></html>"
        )

    @app.get("/{feed}/{page}")
    def validation(feed: str, page: str) -> FileResponse:
        path = Settings().data_docs / feed / page
        if not FEED.fullmatch(feed) or not PAGE.fullmatch(page) or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="text/html")

    return app


class DataDocsPlugin(AirflowPlugin):
    name = "data_docs"
    fastapi_apps = [{"app": application(), "url_prefix": PREFIX, "name": "Data Docs"}]  # noqa: RUF012
    operator_extra_links = [DataDocsLink()]  # noqa: RUF012
