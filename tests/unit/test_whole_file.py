"""A file of ours is whole or not there, whoever reads or writes it meanwhile, and also after a kill or a power cut."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.power import disk
from vrn import whole_file
from vrn.access import secrets, tls
from vrn.feeds import dbt_sources
from vrn.publish import network
from vrn.receive import problems
from vrn.report import messages
from vrn.run import secrets as run_secrets
from vrn.run.local import airflow, ports
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "kept.json"


def test_a_file_that_is_written_is_on_the_disk_and_so_is_its_name(path):
    with disk(path.parent) as kept:
        whole_file.write(path, "the first")
        assert kept.left(path) == b"the first"
        whole_file.write(path, b"the second")
        assert kept.left(path) == b"the second"


def test_a_file_that_need_not_outlive_a_power_cut_waits_for_no_disk(path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("waited for the disk"))
    whole_file.write(path, "made anew when it is lost", is_synced=False)
    assert path.read_text() == "made anew when it is lost"


def test_a_reader_sees_the_file_of_before_until_the_new_one_is_whole(path):
    whole_file.write(path, "the first")
    with whole_file.opened(path) as file:
        file.write(b"half of ")
        file.flush()
        assert path.read_text() == "the first"
        file.write(b"the second")
    assert path.read_text() == "half of the second"


def test_what_fails_half_way_leaves_the_file_of_before_and_nothing_beside_it(path):
    whole_file.write(path, "the first")
    with pytest.raises(TypeError), whole_file.opened(path) as file:
        file.writelines([b"half", None])
    assert (path.read_text(), os.listdir(path.parent)) == ("the first", [path.name])


def test_two_who_write_at_once_each_write_a_whole_file(path):
    with whole_file.opened(path) as slow:
        slow.write(b"a" * 10)
        whole_file.write(path, "the quick one, which is longer")
        assert path.read_text() == "the quick one, which is longer"
        slow.write(b"b" * 10)
    assert (path.read_text(), os.listdir(path.parent)) == ("a" * 10 + "b" * 10, [path.name])


def test_of_many_who_write_at_once_one_wins_and_none_fails(path):
    contents, failed = [str(number) * 1_000 for number in range(8)], []

    def write(content: str) -> None:
        try:
            for _ in range(40):
                whole_file.write(path, content, is_synced=False)
        except OSError as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=[content]) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert path.read_text() in contents
    assert os.listdir(path.parent) == [path.name]


def test_what_a_killed_process_left_is_used_by_the_next_and_hides_nothing_in_the_file(path):
    code = (
        "import os, pathlib, sys\nfrom vrn import whole_file\n"
        "with whole_file.opened(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'x' * 10_000)\n    file.flush()\n    os._exit(9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "plugins")}
    assert subprocess.run([sys.executable, "-c", code, path], env=environment, check=False).returncode == 9
    assert len(os.listdir(path.parent)) == 1
    whole_file.write(path, "short")
    assert (path.read_text(), os.listdir(path.parent)) == ("short", [path.name])


def test_a_file_that_is_for_its_owner_only_is_so_from_its_first_byte_on(path):
    before = os.umask(0)
    try:
        with whole_file.opened(path, mode=0o600) as file:
            assert os.fstat(file.fileno()).st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_for_everybody_is_so_whatever_the_umask(path):
    before = os.umask(0o077)
    try:
        whole_file.write(path, "a certificate", mode=0o644)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


# --- what rests on it


def address(settings: Settings) -> Path:
    network.keep(settings, network.Network(email="somebody@example.org"))
    return settings.network


def kept_ports(settings: Settings) -> Path:
    ports.keep(settings)
    return settings.ports_file


def problem(settings: Settings) -> Path:
    problems.keep(settings, "archives", ["A file stays in the inbox."])
    return settings.home / "inbox-problems" / "archives.json"


def sources(settings: Settings) -> Path:
    dbt_sources.write(settings)
    return dbt_sources.path(settings)


def postcodes(settings: Settings) -> Path:
    deliveries.write_postcodes(settings, Places(settings.dbt_project / "seeds"))
    return settings.postcode_directory


def message(settings: Settings) -> Path:
    row = dict.fromkeys(("period_start", "period_end", "status_reason", "rows_in_file", "rows_accepted", "hold_reason"))
    row |= {"feed": "a_feed", "supplier": "somebody", "submission_id": 1, "status": "held", "file_name": "a.csv"}
    return messages.write(settings, row, [])


def passwords(settings: Settings) -> Path:
    airflow.write_passwords(settings)
    return airflow.passwords_file(settings)


@pytest.mark.parametrize("write", [address, kept_ports, problem, sources, postcodes, message, passwords])
def test_what_a_home_keeps_is_whole_after_a_power_cut(tmp_path, monkeypatch, write):
    monkeypatch.delenv("VRN_SECRETS", raising=False)
    settings = Settings(home=tmp_path)
    run_secrets.ensure(settings)
    path = write(settings)
    # Its folder is there from an earlier time, as in a home that runs.
    path.unlink()
    with disk(tmp_path) as kept:
        write(settings)
        assert kept.left(path) == path.read_bytes() != b""


@pytest.mark.parametrize("name", ["passwords.json", "scheduler.pid"])
def test_who_reads_a_file_of_airflows_while_it_is_written_anew_reads_one_of_the_two(tmp_path, monkeypatch, name):
    """They were written in place: a reader could meet an empty file."""
    monkeypatch.delenv("VRN_SECRETS", raising=False)
    settings = Settings(home=tmp_path)
    run_secrets.ensure(settings)

    def write() -> Path:
        if name == "passwords.json":
            return passwords(settings)
        airflow._keep_pid(settings, "scheduler", os.getpid())
        return settings.home / "run" / name

    path = write()
    before = path.read_text()
    with path.open() as reader:
        write()
        assert reader.read() == before
        assert not os.path.samestat(os.fstat(reader.fileno()), path.stat())


def test_a_secret_outlives_a_power_cut_also_the_first_of_a_home(tmp_path):
    settings = Settings(home=tmp_path)
    with disk(tmp_path) as kept:
        secrets.replace(settings, "landing_key", "a key")
        assert kept.left(settings.secrets / "landing_key") == b"a key"
        secrets.replace(settings, "landing_key", "another key")
        assert kept.left(settings.secrets / "landing_key") == b"another key"


def test_the_certificates_of_a_deployment_outlive_a_power_cut(tmp_path):
    settings = Settings(home=tmp_path)
    settings.secrets.mkdir()
    with disk(tmp_path) as kept:
        tls.ensure(settings)
        lost = [path.name for path in settings.secrets.iterdir() if kept.left(path) != path.read_bytes()]
    assert (lost, len(list(settings.secrets.iterdir()))) == ([], 4)
