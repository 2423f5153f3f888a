"""Files from afar, against a real OpenSSH server and a real web server on this machine; and zips that mean harm."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import stat
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import openssh
from tests.kills import Killed
from vrn.errors import SubmissionRefused
from vrn.receive import folder, http, remote, sftp
from vrn.receive.remote import Fetched, Remote, RemoteError, WarehouseMemory
from vrn.stage.read import archive
from vrn.warehouse import locks

SYNTHETIC = b"Crime ID,Month\nsynthetic-1,2024-01\n"
TABLE = """
    create table if not exists ops.fetched (
        feed text not null, location text not null, name text not null, byte_count bigint, modified_at timestamptz, etag text,
        sha256 text, fetched_at timestamptz not null default now(), primary key (feed, location, name)
    )
"""


class Notebook:
    """A memory without a database."""

    def __init__(self):
        self.pages: dict[tuple[str, str], Fetched] = {}

    def recall(self, location: str, name: str) -> Fetched | None:
        return self.pages.get((location, name))

    def remember(self, location: str, fetched: Fetched) -> None:
        self.pages[location, fetched.name] = fetched


@pytest.fixture
def memory() -> Notebook:
    return Notebook()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "inbox" / "a_feed"


@pytest.fixture(autouse=True)
def _nobodys_home(tmp_path: Path, monkeypatch):
    """Neither the keys nor the known hosts of whoever runs the tests, nor a proxy, nor an Airflow of theirs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


def names(folder_: Path) -> list[str]:
    return sorted(path.name for path in folder_.iterdir())


def connect_to(monkeypatch, **connection) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps(connection))


def noise(size: int) -> bytes:
    """Bytes that no archive makes smaller, the same in every run."""
    return random.Random(size).randbytes(size)


# --- SFTP ---


@dataclass
class Partner:
    """A partner's SFTP server, the folder that it serves, and what its connection in Airflow says."""

    server: openssh.Server
    folder: Path
    connect: Callable[..., None]

    @property
    def remote(self) -> Remote:
        return Remote("sftp", "partner", str(self.folder))

    def put(self, name: str, content: bytes = SYNTHETIC, at: int = 1_700_000_000) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        os.utime(path, (at, at))
        return path

    def connect_with(self, **extra) -> None:
        self.connect(**self.server.connection(**extra))


@pytest.fixture(scope="module")
def sshd(tmp_path_factory) -> Iterator[openssh.Server]:
    with openssh.running(tmp_path_factory.mktemp("partner") / "sshd") as server:
        yield server


@pytest.fixture
def partner(sshd: openssh.Server, tmp_path: Path, monkeypatch) -> Partner:
    folder_ = tmp_path / "outgoing"
    folder_.mkdir()
    partner = Partner(sshd, folder_, lambda **values: connect_to(monkeypatch, **values))
    partner.connect_with(host_key=sshd.host_key)
    return partner


@pytest.fixture
def rests(monkeypatch) -> list[Callable[[], None]]:
    """What happens at the server while we wait between two looks; the wait itself takes no time."""
    happenings: list[Callable[[], None]] = []
    monkeypatch.setattr(sftp, "_rest", lambda: [happen() for happen in happenings])
    return happenings


def _no_rest() -> None:
    raise AssertionError("it waited")


def test_a_file_at_rest_is_fetched_once_and_left_where_it_was(partner, target, memory, rests):
    file = partner.put("crime.csv")
    before = file.stat()
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]
    assert (target / "crime.csv").read_bytes() == SYNTHETIC
    assert names(target) == ["crime.csv"]
    # It is taken from the inbox, and does not come again.
    (target / "crime.csv").unlink()
    rests.append(_no_rest)
    assert sftp.fetch(partner.remote, target, memory) == []
    assert names(target) == []
    assert file.read_bytes() == SYNTHETIC
    assert file.stat().st_mtime_ns == before.st_mtime_ns


class Terse:
    """A server that says of its files a name and a size and no more, for which the protocol asks. OpenSSH says all."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)

    def listdir_attr(self, path):
        return [_tersely(one) for one in self._real.listdir_attr(path)]

    def stat(self, path):
        return _tersely(self._real.stat(path))


def _tersely(entry):
    entry.st_mode = entry.st_mtime = None
    return entry


def test_of_a_server_that_tells_neither_kind_nor_time_the_files_come_all_the_same(partner, target, memory, rests, monkeypatch):
    """The described case 37."""
    partner.put("crime.csv")
    (partner.folder / "a folder").mkdir()
    look, fetch = sftp._look, sftp._fetch
    monkeypatch.setattr(sftp, "_look", lambda connection, server: look(Terse(connection), server))
    monkeypatch.setattr(sftp, "_fetch", lambda connection, *said: fetch(Terse(connection), *said))
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]
    assert (target / "crime.csv").read_bytes() == SYNTHETIC
    (target / "crime.csv").unlink()
    assert sftp.fetch(partner.remote, target, memory) == []


def test_a_file_that_is_still_growing_is_left_alone(partner, target, memory, rests, monkeypatch):
    file = partner.put("crime.csv")
    partner.put("whole.csv")
    rests.append(lambda: file.write_bytes(SYNTHETIC * 2))
    begun: list[str] = []
    real = remote.part_of
    monkeypatch.setattr(remote, "part_of", lambda final: begun.append(final.name) or real(final))
    assert sftp.fetch(partner.remote, target, memory) == [target / "whole.csv"]
    assert names(target) == ["whole.csv"]
    assert "crime.csv" not in begun


def test_a_file_that_changes_while_it_is_copied_is_not_taken(partner, target, memory, rests, monkeypatch):
    file = partner.put("crime.csv")
    real = remote.part_of

    def meanwhile(final: Path) -> Path:
        file.write_bytes(SYNTHETIC * 2)
        return real(final)

    monkeypatch.setattr(remote, "part_of", meanwhile)
    assert sftp.fetch(partner.remote, target, memory) == []
    assert names(target) == []


def test_a_file_with_a_marker_is_taken_at_once(partner, target, memory, rests):
    rests.append(_no_rest)
    partner.put("crime.csv")
    partner.put("crime.csv.done", b"")
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]
    assert names(target) == ["crime.csv"]


def test_a_marker_of_an_earlier_upload_says_nothing_about_this_one(partner, target, memory, rests):
    partner.put("crime.csv.done", b"", at=1_700_000_000)
    file = partner.put("crime.csv", at=1_700_000_100)
    rests.append(lambda: file.write_bytes(SYNTHETIC * 2))
    assert sftp.fetch(partner.remote, target, memory) == []


@pytest.mark.parametrize("suffix", folder.UNFINISHED)
def test_a_file_named_as_unfinished_is_left_alone(partner, target, memory, rests, suffix):
    partner.put(f"crime.csv{suffix}")
    assert sftp.fetch(partner.remote, target, memory) == []


def test_a_changed_file_is_fetched_again(partner, target, memory, rests):
    partner.put("crime.csv")
    sftp.fetch(partner.remote, target, memory)
    (target / "crime.csv").unlink()
    partner.put("crime.csv", b"corrected\n", at=1_700_000_500)
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]
    assert (target / "crime.csv").read_bytes() == b"corrected\n"


def test_a_file_that_was_only_touched_is_no_new_delivery(partner, target, memory, rests):
    partner.put("crime.csv")
    sftp.fetch(partner.remote, target, memory)
    (target / "crime.csv").unlink()
    partner.put("crime.csv", at=1_700_000_500)
    assert sftp.fetch(partner.remote, target, memory) == []
    assert names(target) == []


def test_a_delivery_that_still_waits_is_not_overwritten(partner, target, memory, rests):
    partner.put("crime.csv")
    sftp.fetch(partner.remote, target, memory)
    partner.put("crime.csv", b"corrected\n", at=1_700_000_500)
    assert sftp.fetch(partner.remote, target, memory) == []
    assert (target / "crime.csv").read_bytes() == SYNTHETIC
    (target / "crime.csv").unlink()
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]


def test_names_that_lead_elsewhere_links_and_folders_are_ignored(partner, target, memory, rests):
    for name in ("..\\evil.csv", "C:evil.csv", ".evil.csv", "evil\n.csv", "e" * 201):
        partner.put(name)
    (partner.folder / "link.csv").symlink_to("/etc/hostname")
    (partner.folder / "folder.csv").mkdir()
    partner.put("good.csv")
    assert sftp.fetch(partner.remote, target, memory) == [target / "good.csv"]
    assert names(target) == ["good.csv"]
    assert names(target.parent) == [target.name]


@pytest.mark.parametrize("name", ["", ".", "..", "../evil", "/etc/evil", "a/b", "a\\b", "a\0b", "c:a", "a\u202eb"])
def test_a_name_that_is_no_plain_component_is_not_safe(name):
    assert not remote.is_safe(name)


def test_only_the_names_that_a_feed_asks_for_are_taken(partner, target, memory, rests):
    partner.put("2024-01-street.csv")
    partner.put("2024-01-outcomes.csv")
    wanted = Remote("sftp", "partner", str(partner.folder), files=("*-street.csv",))
    assert sftp.fetch(wanted, target, memory) == [target / "2024-01-street.csv"]


def test_another_host_key_is_refused_before_anything_is_fetched(partner, target, memory, rests, tmp_path):
    partner.put("crime.csv")
    partner.connect_with(host_key=openssh.new_key(tmp_path / "another"))
    with pytest.raises(RemoteError, match="another host key"):
        sftp.fetch(partner.remote, target, memory)
    assert names(target) == []


def test_a_server_without_a_known_host_key_is_refused(partner, target, memory, rests):
    partner.put("crime.csv")
    partner.connect_with()
    with pytest.raises(RemoteError, match="Put it as host_key into the extra"):
        sftp.fetch(partner.remote, target, memory)
    assert names(target) == []


@pytest.mark.parametrize("switch", ["no_host_key_check", "allow_host_key_change"])
def test_a_connection_that_switches_the_host_key_check_off_is_refused(partner, target, memory, rests, switch):
    partner.put("crime.csv")
    partner.connect_with(**{switch: "true"})
    with pytest.raises(RemoteError, match="switches the check of the host key off"):
        sftp.fetch(partner.remote, target, memory)
    assert names(target) == []


def test_a_host_key_in_known_hosts_is_enough(partner, target, memory, rests, tmp_path):
    partner.put("crime.csv")
    partner.connect_with()
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{partner.server.port} {partner.server.host_key}\n")
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]


def test_an_undefined_connection_is_named(target, memory):
    with pytest.raises(RemoteError, match="'nobody' cannot be used"):
        sftp.fetch(Remote("sftp", "nobody", "/"), target, memory)


def test_a_refused_login_and_a_missing_folder_are_told_apart(partner, target, memory, rests, tmp_path):
    with pytest.raises(RemoteError, match="has no folder '/nowhere'"):
        sftp.fetch(Remote("sftp", "partner", "/nowhere"), target, memory)
    openssh.new_key(tmp_path / "stranger")
    partner.connect_with(host_key=partner.server.host_key, key_file=str(tmp_path / "stranger"), look_for_keys="false")
    with pytest.raises(RemoteError, match="refused our login"):
        sftp.fetch(partner.remote, target, memory)


def test_a_file_that_cannot_be_written_here_is_told_without_its_name(partner, target, memory, rests):
    partner.put("quoted-person.csv")

    def fill_the_place() -> None:
        # What the file is written into for the time being cannot be a folder.
        (target / "quoted-person.csv.part").mkdir(exist_ok=True)

    rests.append(fill_the_place)
    with pytest.raises(RemoteError, match="failed: Is a directory") as refused:
        sftp.fetch(partner.remote, target, memory)
    assert "quoted" not in str(refused.value)


def test_by_sftp_a_file_with_a_wrong_checksum_is_kept_out_and_the_others_come(partner, target, memory, rests):
    for name, digest in (("good.csv", hashlib.sha256(SYNTHETIC).hexdigest()), ("late.csv", None), ("wrong.csv", "0" * 64)):
        partner.put(name)
        if digest:
            partner.put(f"{name}.sha256", f"{digest}  {name}\n".encode())
    asked = Remote("sftp", "partner", str(partner.folder), checksum="sha256")
    with pytest.raises(RemoteError) as caught:
        sftp.fetch(asked, target, memory)
    assert "wrong.csv does not have the sha256" in str(caught.value)
    assert "late.csv has no late.csv.sha256 beside it" in str(caught.value)
    assert "good.csv" not in str(caught.value)
    assert names(target) == ["good.csv"]


def _killed(*_, **__):
    raise Killed


def test_a_kill_between_naming_and_remembering_costs_a_second_download(partner, target, memory, rests, monkeypatch):
    partner.put("crime.csv")
    with monkeypatch.context() as patch:
        patch.setattr(memory, "remember", _killed)
        with pytest.raises(Killed):
            sftp.fetch(partner.remote, target, memory)
    assert (target / "crime.csv").read_bytes() == SYNTHETIC
    (target / "crime.csv").unlink()
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]


def test_a_kill_while_copying_leaves_nothing_under_the_final_name(partner, target, memory, rests, monkeypatch):
    partner.put("crime.csv")
    with monkeypatch.context() as patch:
        patch.setattr(remote, "settle", _killed)
        with pytest.raises(Killed):
            sftp.fetch(partner.remote, target, memory)
    assert names(target) == ["crime.csv.part"]
    assert folder.waiting(target, {}, 0) == []
    assert sftp.fetch(partner.remote, target, memory) == [target / "crime.csv"]
    assert names(target) == ["crime.csv"]


def test_a_file_over_the_limit_is_not_fetched(partner, target, memory, rests, monkeypatch):
    monkeypatch.setattr(remote, "MOST_BYTES", 10)
    partner.put("crime.csv")
    with pytest.raises(RemoteError, match="the most that is fetched is 10"):
        sftp.fetch(partner.remote, target, memory)
    assert names(target) == []


# --- HTTP ---


@dataclass
class Page:
    content: bytes
    etag: str | None = '"1"'
    modified: str | None = None
    redirect: str | None = None
    cut_at: int | None = None
    is_length_told: bool = True


@dataclass
class Site:
    """A partner's web server: its pages, what it was asked, what it sent."""

    port: int
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    bytes_sent: int = 0

    def remote(self, *files: str, checksum: str | None = None) -> Remote:
        return Remote("http", "partner", "data", files, checksum)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site: Site = self.server.site
        site.asked.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        page = site.pages.get(self.path)
        if page is None:
            self.answer(404, b"", {})
        elif page.redirect:
            self.answer(302, b"", {"Location": page.redirect})
        else:
            self.give(page)

    def give(self, page: Page):
        headers = {"ETag": page.etag} if page.etag else {}
        headers |= {"Last-Modified": page.modified} if page.modified else {}
        unchanged = (
            self.headers["If-None-Match"] == page.etag
            if "If-None-Match" in self.headers
            else page.modified is not None and self.headers["If-Modified-Since"] == page.modified
        )
        if unchanged:
            return self.answer(304, b"", headers)
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if span is None or self.headers["If-Range"] != page.etag:
            return self.answer(200, page.content, headers, page.cut_at, page.is_length_told)
        start, size = int(span[1]), len(page.content)
        if start >= size:
            return self.answer(416, b"", {"Content-Range": f"bytes */{size}"})
        return self.answer(206, page.content[start:], {**headers, "Content-Range": f"bytes {start}-{size - 1}/{size}"})

    def answer(self, status: int, body: bytes, headers: dict[str, str], cut_at: int | None = None, is_length_told: bool = True):
        site: Site = self.server.site
        site.answers.append(status)
        self.send_response(status)
        if is_length_told and status != 304:
            headers = {**headers, "Content-Length": str(len(body))}
        for name, value in headers.items():
            self.send_header(name, value)
        if cut_at is not None or not is_length_told:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        body = body[:cut_at]
        # Before it is sent: who has all of it goes on at once.
        site.bytes_sent += len(body)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def _serve() -> tuple[ThreadingHTTPServer, Site]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.site = Site(server.server_address[1])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server, server.site


@pytest.fixture
def site(monkeypatch) -> Iterator[Site]:
    server, site = _serve()
    connect_to(monkeypatch, conn_type="http", host="127.0.0.1", schema="http", port=site.port, login="vrn", password="word")
    yield site
    server.shutdown()
    server.server_close()


def test_a_file_comes_with_our_login_and_is_then_asked_for_only_when_changed(site, target, memory):
    site.pages["/data/2024-01.csv"] = Page(SYNTHETIC)
    assert http.fetch(site.remote("2024-01.csv"), target, memory) == [target / "2024-01.csv"]
    assert (target / "2024-01.csv").read_bytes() == SYNTHETIC
    assert names(target) == ["2024-01.csv"]
    assert site.asked[0]["authorization"] == "Basic dnJuOndvcmQ="
    (target / "2024-01.csv").unlink()
    assert http.fetch(site.remote("2024-01.csv"), target, memory) == []
    assert site.answers == [200, 304]
    assert names(target) == []


def test_without_an_etag_the_time_of_change_is_asked_by(site, target, memory):
    site.pages["/data/a.csv"] = Page(SYNTHETIC, etag=None, modified="Tue, 14 Nov 2023 22:13:20 GMT")
    http.fetch(site.remote("a.csv"), target, memory)
    (target / "a.csv").unlink()
    assert http.fetch(site.remote("a.csv"), target, memory) == []
    assert site.answers == [200, 304]


def test_the_same_bytes_from_a_server_that_knows_no_conditions_are_no_new_delivery(site, target, memory):
    site.pages["/data/a.csv"] = Page(SYNTHETIC, etag=None)
    http.fetch(site.remote("a.csv"), target, memory)
    (target / "a.csv").unlink()
    assert http.fetch(site.remote("a.csv"), target, memory) == []
    assert site.answers == [200, 200]
    assert names(target) == []


def test_a_changed_page_is_fetched_again(site, target, memory):
    site.pages["/data/a.csv"] = Page(SYNTHETIC)
    http.fetch(site.remote("a.csv"), target, memory)
    (target / "a.csv").unlink()
    site.pages["/data/a.csv"] = Page(b"corrected\n", etag='"2"')
    assert http.fetch(site.remote("a.csv"), target, memory) == [target / "a.csv"]
    assert (target / "a.csv").read_bytes() == b"corrected\n"


def test_a_page_does_not_overwrite_a_delivery_that_still_waits(site, target, memory):
    site.pages["/data/a.csv"] = Page(SYNTHETIC)
    http.fetch(site.remote("a.csv"), target, memory)
    site.pages["/data/a.csv"] = Page(b"corrected\n", etag='"2"')
    assert http.fetch(site.remote("a.csv"), target, memory) == []
    assert (target / "a.csv").read_bytes() == SYNTHETIC
    (target / "a.csv").unlink()
    assert http.fetch(site.remote("a.csv"), target, memory) == [target / "a.csv"]


def test_a_file_that_is_not_there_yet_is_no_error(site, target, memory):
    site.pages["/data/2024-01.csv"] = Page(SYNTHETIC)
    assert http.fetch(site.remote("2024-01.csv", "2024-02.csv"), target, memory) == [target / "2024-01.csv"]
    assert site.answers == [200, 404]


@pytest.fixture
def cut_off(site, target, memory) -> Page:
    """A page of which 70,000 bytes have come."""
    page = site.pages["/data/a.csv"] = Page(noise(100_000), cut_at=70_000)
    with pytest.raises(RemoteError, match=r"a\.csv did not come whole"):
        http.fetch(site.remote("a.csv"), target, memory)
    assert folder.waiting(target, {}, 0) == []
    assert (target / "a.csv.part").read_bytes() == page.content[:70_000]
    assert not memory.pages
    page.cut_at = None
    site.bytes_sent = 0
    return page


def test_an_interrupted_download_is_resumed(site, target, memory, cut_off):
    assert http.fetch(site.remote("a.csv"), target, memory) == [target / "a.csv"]
    assert site.asked[-1]["range"] == "bytes=70000-"
    assert site.bytes_sent == 30_000
    assert (target / "a.csv").read_bytes() == cut_off.content
    assert names(target) == ["a.csv"]


def test_a_download_that_was_cut_off_begins_anew_when_the_file_has_changed(site, target, memory, cut_off):
    site.pages["/data/a.csv"] = Page(noise(100_000), etag='"2"')
    assert http.fetch(site.remote("a.csv"), target, memory) == [target / "a.csv"]
    assert (target / "a.csv").read_bytes() == site.pages["/data/a.csv"].content


def test_a_part_of_another_address_is_not_gone_on_with(site, target, memory, cut_off):
    site.pages["/data/other/a.csv"] = Page(noise(100_000))
    assert http.fetch(site.remote("other/a.csv"), target, memory) == [target / "a.csv"]
    assert (target / "a.csv").read_bytes() == site.pages["/data/other/a.csv"].content


def test_a_part_that_was_whole_already_begins_anew(site, target, memory, cut_off):
    (target / "a.csv.part").write_bytes(cut_off.content)
    assert http.fetch(site.remote("a.csv"), target, memory) == [target / "a.csv"]
    assert site.answers[-2:] == [416, 200]
    assert (target / "a.csv").read_bytes() == cut_off.content


def test_a_weak_etag_is_no_ground_to_resume_on(site, target, memory):
    site.pages["/data/a.csv"] = Page(noise(100_000), etag='W/"1"', cut_at=70_000)
    with pytest.raises(RemoteError):
        http.fetch(site.remote("a.csv"), target, memory)
    site.pages["/data/a.csv"].cut_at = None
    http.fetch(site.remote("a.csv"), target, memory)
    assert "range" not in site.asked[-1]
    assert (target / "a.csv").read_bytes() == site.pages["/data/a.csv"].content


def test_a_file_whose_end_could_not_be_seen_is_left_there(site, target, memory):
    site.pages["/data/a.csv"] = Page(SYNTHETIC, is_length_told=False)
    with pytest.raises(RemoteError, match="does not say how long"):
        http.fetch(site.remote("a.csv"), target, memory)
    assert names(target) == []


def test_a_page_with_its_checksum_comes(site, target, memory):
    site.pages["/data/a.csv"] = Page(SYNTHETIC)
    site.pages["/data/a.csv.sha256"] = Page(hashlib.sha256(SYNTHETIC).hexdigest().upper().encode() + b" *a.csv\n")
    assert http.fetch(site.remote("a.csv", checksum="sha256"), target, memory) == [target / "a.csv"]


@pytest.mark.parametrize(
    ("checksum", "sentence"),
    [
        (b"0" * 64, "a.csv does not have the sha256"),
        (b"<html>", "holds no sha256"),
        (b"", "holds no sha256"),
        (None, "has no a.csv.sha256 beside it"),
    ],
)
def test_a_page_with_a_wrong_checksum_or_none_is_kept_out_and_not_remembered(site, target, memory, checksum, sentence):
    site.pages |= {"/data/a.csv": Page(SYNTHETIC), "/data/b.csv": Page(SYNTHETIC)}
    site.pages["/data/b.csv.sha256"] = Page(hashlib.sha256(SYNTHETIC).hexdigest().encode())
    if checksum is not None:
        site.pages["/data/a.csv.sha256"] = Page(checksum)
    with pytest.raises(RemoteError, match=sentence):
        http.fetch(site.remote("a.csv", "b.csv", checksum="sha256"), target, memory)
    assert names(target) == ["b.csv"]
    assert [name for _, name in memory.pages] == ["b.csv"]


def test_a_redirect_to_another_host_is_refused_and_not_followed(site, target, memory):
    server, other = _serve()
    try:
        other.pages["/data/a.csv"] = Page(SYNTHETIC)
        site.pages["/data/a.csv"] = Page(b"", redirect=f"http://127.0.0.1:{other.port}/data/a.csv")
        with pytest.raises(RemoteError, match="where our login must not go"):
            http.fetch(site.remote("a.csv"), target, memory)
        assert other.asked == []
        assert names(target) == []
    finally:
        server.shutdown()
        server.server_close()


def test_a_redirect_within_the_host_is_followed_and_one_in_a_circle_ends(site, target, memory):
    site.pages |= {"/data/a.csv": Page(b"", redirect="/moved/x"), "/moved/x": Page(SYNTHETIC)}
    assert http.fetch(site.remote("a.csv"), target, memory) == [target / "a.csv"]
    site.pages["/data/b.csv"] = Page(b"", redirect="b.csv")
    with pytest.raises(RemoteError, match="again and again"):
        http.fetch(site.remote("b.csv"), target, memory)


@pytest.mark.parametrize("file", ["..%2Fevil.csv", "%2Fetc%2Fevil", "a%5Cb.csv", ".evil", "", "sub/", "..", "a%00.csv"])
def test_an_address_that_ends_in_no_plain_name_is_refused(site, target, memory, file):
    with pytest.raises(RemoteError, match="plain file name"):
        http.fetch(site.remote(file), target, memory)
    assert names(target) == []
    assert site.asked == []


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["https://elsewhere.example/a.csv"], "its login goes nowhere else"),
        (["//elsewhere.example/a.csv"], "its login goes nowhere else"),
        (["x/a.csv", "y/a.csv"], "Two of the feed's files"),
        (["{month}.csv"], "placeholder"),
    ],
)
def test_a_list_of_files_that_cannot_be_right_is_refused(site, target, memory, files, sentence):
    with pytest.raises(RemoteError, match=sentence):
        http.fetch(site.remote(*files), target, memory)
    assert site.asked == []


@pytest.mark.parametrize("is_length_told", [True, False])
def test_a_page_over_the_limit_is_not_kept(site, target, memory, monkeypatch, is_length_told):
    monkeypatch.setattr(remote, "MOST_BYTES", 10)
    site.pages["/data/a.csv"] = Page(SYNTHETIC, is_length_told=is_length_told)
    site.pages["/data/a.csv.sha256"] = Page(hashlib.sha256(SYNTHETIC).hexdigest().encode())
    with pytest.raises(RemoteError, match="more than 10 bytes"):
        http.fetch(site.remote("a.csv", checksum="sha256"), target, memory)
    assert names(target) == []


def test_a_login_does_not_travel_unencrypted(target, memory, monkeypatch):
    connect_to(monkeypatch, conn_type="http", host="files.example", schema="http", login="vrn", password="word")
    with pytest.raises(RemoteError, match="unencrypted"):
        http.fetch(Remote("http", "partner", "", ("a.csv",)), target, memory)


def test_a_token_without_a_login_is_a_bearer_and_other_headers_come_from_the_extra(site, target, memory, monkeypatch):
    extra = {"headers": {"X-Key": "k"}}
    connect_to(monkeypatch, conn_type="http", host=f"http://127.0.0.1:{site.port}", password="token", extra=extra)
    http.fetch(site.remote("a.csv"), target, memory)
    assert site.asked[0]["authorization"] == "Bearer token"
    assert site.asked[0]["x-key"] == "k"
    assert site.asked[0]["accept-encoding"] == "identity"


# --- the memory and the choice of a transport ---


def test_the_warehouse_remembers_a_file_of_a_feed_and_a_place(owner, loader):
    owner.execute(TABLE)
    owner.execute("grant select, insert, update on ops.fetched to vrn_loader")
    memory = WarehouseMemory(loader, "a_feed")
    first = Fetched("a.csv", 5, datetime(2024, 1, 2, tzinfo=UTC), None, "0" * 64)
    second = Fetched("a.csv", 6, None, '"2"', "1" * 64)
    assert memory.recall("here", "a.csv") is None
    memory.remember("here", first)
    assert memory.recall("here", "a.csv") == first
    memory.remember("here", second)
    assert memory.recall("here", "a.csv") == second
    assert memory.recall("there", "a.csv") is None
    assert WarehouseMemory(loader, "another_feed").recall("here", "a.csv") is None


def test_a_feeds_server_is_fetched_from_into_its_folder_of_the_inbox_by_one_run_at_a_time(owner, loader, home, site):
    owner.execute(TABLE)
    owner.execute("grant select, insert, update on ops.fetched to vrn_loader")
    site.pages["/data/a.csv"] = Page(SYNTHETIC)
    (came,) = remote.fetch(loader, home, "police_street_crime", site.remote("a.csv"))
    assert came == home.inbox / "police_street_crime" / "a.csv"
    came.unlink()
    assert remote.fetch(loader, home, "police_street_crime", site.remote("a.csv")) == []
    locks.for_session(owner, locks.Job.FETCH, "police_street_crime")
    with pytest.raises(RemoteError, match="Another run is fetching"):
        remote.fetch(loader, home, "police_street_crime", site.remote("a.csv"))


def test_an_unknown_kind_of_server_or_checksum_is_named(loader, home):
    with pytest.raises(RemoteError, match="'ftp'"):
        remote.fetch(loader, home, "police_street_crime", Remote("ftp", "partner"))
    with pytest.raises(RemoteError, match="'md5'"):
        remote.fetch(loader, home, "police_street_crime", Remote("http", "partner", checksum="md5"))


# --- zip ---


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as out:
        for name, content in members:
            out.writestr(name, content)
    return raw


def patched(raw: io.BytesIO, offset: int, layout: str, value: int) -> io.BytesIO:
    """Change a field of the first entry in the zip's list of members."""
    content = bytearray(raw.getvalue())
    struct.pack_into(layout, content, content.index(b"PK\x01\x02") + offset, value)
    return io.BytesIO(bytes(content))


FLAGS, LENGTH = (8, "<H"), (24, "<L")
# Big enough that what zip adds to it is nothing, and no smaller when packed.
NOISE = noise(20_000)


class Trickle(io.RawIOBase):
    """A stream that gives less than it is asked for, as a sealed original does at the end of a chunk."""

    def __init__(self, content: bytes):
        super().__init__()
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._content.seek(offset, whence)

    def readinto(self, buffer) -> int:
        block = self._content.read(min(len(buffer), 7))
        buffer[: len(block)] = block
        return len(block)


@pytest.mark.parametrize("stream", [io.BytesIO, Trickle])
def test_the_members_of_a_zip_are_listed_and_read_as_they_are(stream):
    content = noise(3_000) + b"x" * 3_000
    zip_ = zipped(("set/", b""), ("set/episodes.csv", content), ("children.csv", SYNTHETIC), ("empty.csv", b"")).getvalue()
    assert archive.members(stream(zip_)) == ["set/episodes.csv", "children.csv", "empty.csv"]
    raw = stream(zip_)
    with archive.open_member(raw, "set/episodes.csv") as member:
        assert archive.packed_size(raw, "set/episodes.csv") < len(content)
        assert member.read() == content
        assert (member.bytes_read, member.last_byte) == (len(content), b"x")
    assert raw.closed
    assert archive.open_member(stream(zip_), "empty.csv").read() == b""


def test_a_big_member_is_read_in_pieces():
    raw = zipped(("a.csv", NOISE * 200))
    with archive.open_member(raw, "a.csv") as member:
        assert len(member.read(3 << 20)) == 3 << 20


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


HARMFUL = {
    "a path upwards": (lambda: zipped(("../evil.csv", NOISE)), "leads out of it"),
    "a path upwards on the way": (lambda: zipped(("a/../../evil.csv", NOISE)), "leads out of it"),
    "an absolute path": (lambda: zipped(("/etc/evil.csv", NOISE)), "leads out of it"),
    "backslashes": (lambda: zipped(("..\\evil.csv", NOISE)), "leads out of it"),
    "a drive": (lambda: zipped(("C:evil.csv", NOISE)), "leads out of it"),
    "a folder upwards": (lambda: zipped(("../", b"")), "leads out of it"),
    "a link": (lambda: zipped((_link(), b"/etc/passwd")), "a link or a device"),
    "a name twice": (lambda: zipped(("a.csv", NOISE), ("A.csv", NOISE)), "the same name"),
    "too many members": (lambda: zipped(*((f"{n}.csv", NOISE[:9]) for n in range(51))), "51 members"),
    "another zip": (lambda: zipped(("a.zip", NOISE)), "another archive"),
    "an unusual method": (lambda: zipped(("a.csv", NOISE), method=zipfile.ZIP_BZIP2), "unusual way"),
    "an encrypted member": (lambda: patched(zipped(("a.csv", NOISE)), *FLAGS, 0x1), "encrypted"),
    "an announced bomb": (lambda: zipped(("a.csv", bytes(10_000_000))), "more than 100 times"),
    "a cut": (lambda: io.BytesIO(zipped(("a.csv", NOISE)).getvalue()[:-30]), "cut off or damaged"),
    "no zip": (lambda: io.BytesIO(NOISE), "is no zip"),
    "nothing": (io.BytesIO, "cut off or damaged"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("make", "sentence"), HARMFUL.values(), ids=HARMFUL)
def test_a_zip_is_refused_for(make, sentence, tmp_path):
    with pytest.raises(SubmissionRefused, match=sentence) as caught:
        archive.members(make())
    assert caught.value.rule_code == "GEN-010"
    raw = make()
    with pytest.raises(SubmissionRefused, match=sentence):
        archive.open_member(raw, "a.csv")
    assert raw.closed


def test_the_refusal_of_a_zip_does_not_repeat_its_names():
    with pytest.raises(SubmissionRefused) as caught:
        archive.members(zipped(("../a person's name.csv", NOISE)))
    assert "person" not in caught.value.message


def test_a_zip_whose_list_of_members_is_enormous_is_not_begun(monkeypatch):
    monkeypatch.setattr(archive, "MOST_DIRECTORY_BYTES", 70_000)
    raw = zipped(*((f"{n}.csv", b"") for n in range(2_000)))
    with pytest.raises(SubmissionRefused, match="list of members is too long"):
        archive.members(raw)


def test_a_bomb_that_announces_little_is_stopped_while_it_is_read():
    raw = patched(zipped(("a.csv", bytes(50_000_000))), *LENGTH, 1_000)
    assert archive.members(raw) == ["a.csv"]
    member = archive.open_member(raw, "a.csv")
    with pytest.raises(SubmissionRefused, match="damaged"):
        member.read()
    assert member.bytes_read <= archive.BLOCK_BYTES


def test_a_member_that_unpacks_past_the_limit_is_a_bomb_though_it_keeps_to_what_it_announced(monkeypatch):
    # The announced lengths let it pass, as if they had been forged for the list alone.
    raw = zipped(("a.csv", bytes(50_000_000)))
    monkeypatch.setattr(archive, "_checked", lambda archive_, *_: archive_.infolist())
    member = archive.open_member(raw, "a.csv")
    with pytest.raises(SubmissionRefused, match="more than 100 times"):
        member.read()
    assert member.bytes_read <= len(raw.getvalue()) * 100 + archive.BLOCK_BYTES


def test_a_member_that_is_shorter_than_announced_is_refused():
    raw = patched(zipped(("a.csv", NOISE)), *LENGTH, len(NOISE) + 1)
    with pytest.raises(SubmissionRefused, match="cut off or damaged"):
        archive.open_member(raw, "a.csv").read()


def test_a_member_with_a_changed_byte_is_refused():
    content = bytearray(zipped(("a.csv", NOISE)).getvalue())
    content[5_000] ^= 0xFF
    with pytest.raises(SubmissionRefused, match="cut off or damaged"):
        archive.open_member(io.BytesIO(bytes(content)), "a.csv").read()


def test_an_archive_under_another_name_is_refused_when_it_is_opened():
    raw = zipped(("a.csv", zipped(("b.csv", NOISE)).getvalue()))
    with pytest.raises(SubmissionRefused, match="another archive"):
        archive.open_member(raw, "a.csv")


def test_a_workbook_is_judged_as_the_zip_that_it_is_and_stays_open():
    raw = zipped(*((f"xl/part{n}.xml", NOISE[:99]) for n in range(60)))
    archive.check(raw)
    assert raw.tell() == 0
    with pytest.raises(SubmissionRefused, match=r"workbook is not safe.*more than 100 times"):
        archive.check(zipped(("xl/sheet.xml", bytes(10_000_000))))
