"""The site over HTTP, as the service `site` serves it."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.waiting import LONGEST, until
from vrn.publish.folder_swap import swapped_in
from vrn.report.site import serve


def page(folder: Path, text: str) -> None:
    with swapped_in(folder) as new:
        (new / "index.html").write_text(text)
        (new / "style.css").write_text("p {}")


@pytest.fixture
def served(tmp_path):
    """A client, and the folder that it sees; beside the folder lies what it must not."""
    folder = tmp_path / "site"
    page(folder, "first")
    (tmp_path / "secret").write_text("not for everybody")
    port = free_port()
    server = serve.server(folder, port, "127.0.0.1")
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), "the site's server answers")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=LONGEST) as client:
        yield client, folder
    server.should_exit = True
    thread.join()


def test_every_answer_lets_a_page_load_only_what_is_its_own(served):
    client, _ = served
    for path in ("/", "/style.css", "/nothing.html"):
        given = client.get(path).headers
        assert given.items() >= {name.lower(): value for name, value in serve.HEADERS.items()}.items()
        assert "server" not in given
        allowed = dict(rule.split(" ", 1) for rule in given["content-security-policy"].split("; "))
        assert allowed["default-src"] == "'none'"
        assert set(" ".join(allowed.values()).split()) == {"'none'", "'self'", "data:"}


def test_a_new_release_is_served_from_the_next_request_on(served):
    client, folder = served
    assert client.get("/").text == "first"
    page(folder, "second")
    assert client.get("/").text == "second"


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret", "/style.css/../../secret"])
def test_nothing_beside_the_site_is_served(served, path):
    client, _ = served
    # As it stands: a client that is well-behaved makes the path straight before it asks.
    connection = http.client.HTTPConnection("127.0.0.1", client.base_url.port)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 404
    assert b"not for everybody" not in answer.read()
    connection.close()


def test_a_link_that_leads_out_of_the_site_is_not_followed(served):
    client, folder = served
    (folder / "out").symlink_to(folder.parent / "secret")
    assert client.get("/out").status_code == 404


def test_what_is_not_there_is_said_in_a_sentence(served):
    client, _ = served
    answer = client.get("/indicator/V99.html")
    assert (answer.status_code, answer.text) == (404, "There is no such page. The scorecard is at /index.html.\n")
