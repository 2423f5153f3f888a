"""The keys of a home: made when it is new, known again at each start, and what a start and `make rotate-key` do when one is lost.

Issue 13, point 8: a lost landing key or hash key was silently made anew, originals could not be read and people were counted twice.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from tests.inbox import Inbox
from tests.ports import free_port
from tests.power import disk
from tests.waiting import logged_so_far
from vrn.access import keys
from vrn.access import secrets as files
from vrn.errors import HomeError, SecretMissing
from vrn.receive import landing, seal
from vrn.run import originals, prepare, rotate, secrets
from vrn.run.local import airflow, postgres
from vrn.settings import KEY_VERSION, Settings
from vrn.warehouse.roles import SUPERUSER

FEED = "police_street_crime"
LOST = ("landing_key", "hash_key_nhs_v1", "hash_key_local_v1", "hash_key_match_v1", "airflow_fernet_key")


@pytest.fixture
def own(home: Settings, tmp_path: Path, monkeypatch) -> Settings:
    """The home of a test with secrets of its own, of which it may lose some."""
    shutil.copytree(home.secrets, tmp_path / "secrets")
    monkeypatch.setenv("VRN_SECRETS", str(tmp_path / "secrets"))
    return Settings()


@pytest.fixture
def sealed(own: Settings, inbox: Inbox) -> Path:
    """The sealed original of a delivery that was taken in."""
    return taken_in(own, inbox, "2020-04")


def taken_in(settings: Settings, inbox: Inbox, month: str) -> Path:
    inbox.drop(FEED, f"{month}-lancashire-street.synthetic.csv", inbox.text(FEED, month))
    (row,) = inbox.take_in(FEED)
    assert row["status"] == "accepted"
    return landing.path(settings, row["submission_id"], row["file_name"])


def forget_fingerprints(owner: psycopg.Connection) -> None:
    """As a home was before it kept any."""
    owner.execute("delete from ops.key_fingerprint")


def clear(settings: Settings, path: Path) -> bytes:
    with seal.Unsealed(path, bytes.fromhex(settings.secret(landing.KEY)), landing.bond(int(path.parent.name))) as content:
        return content.read()


def secret_of(settings: Settings, name: str) -> Path:
    return settings.secrets / name


# --- A new home ---


def test_a_start_of_a_new_home_makes_every_key_and_keeps_a_fingerprint_that_shows_nothing_of_it(own, owner):
    forget_fingerprints(owner)
    for name in secrets.keys(own):
        secret_of(own, name).unlink()
    assert set(prepare.ensure_keys(own)) == set(secrets.keys(own)) >= set(LOST)
    kept = {row["name"]: row["fingerprint"] for row in owner.execute("select * from ops.key_fingerprint").fetchall()}
    assert set(kept) == set(secrets.keys(own))
    for name, fingerprint in kept.items():
        key = own.secret(name)
        assert secret_of(own, name).stat().st_mode & 0o777 == 0o600
        assert fingerprint == keys.fingerprint(name, key)
        assert fingerprint != keys.fingerprint(name, key[:-1] + ("0" if key[-1] != "0" else "1"))
        assert not {fingerprint[i : i + 8] for i in range(57)} & {key[i : i + 8] for i in range(len(key) - 7)}
    assert len(set(kept.values())) == len(kept)
    assert len(base64.urlsafe_b64decode(own.secret("airflow_fernet_key"))) == 32


def test_a_second_start_makes_nothing_and_a_key_whose_name_is_new_is_made(own, sealed, monkeypatch):
    assert prepare.ensure_keys(own) == []
    monkeypatch.setenv("VRN_KEY_VERSION", "2")
    assert {name.rpartition("_")[2] for name in prepare.ensure_keys(own)} == {"v2"}
    assert prepare.ensure_keys(own) == []


# --- A key that is lost, or another ---


@pytest.mark.parametrize("name", LOST)
def test_a_start_without_a_key_stops_with_a_sentence_and_makes_none(own, sealed, name):
    secret_of(own, name).unlink()
    with pytest.raises(HomeError) as caught:
        prepare.prepare(own)
    said = str(caught.value)
    assert said.startswith(f"The key '{name}' is not in {own.secrets}, and data of this home rest on it.")
    assert "from the backup" in said
    assert f"`make rotate-key KEY={name}`" in said
    assert not secret_of(own, name).exists()


@pytest.mark.parametrize("name", LOST)
def test_a_start_with_another_key_stops_with_a_sentence_that_shows_neither(own, sealed, name):
    before = secret_of(own, name).read_text()
    other = secrets.keys(own)[name]()
    secret_of(own, name).write_text(other)
    with pytest.raises(HomeError, match=f"The key '{name}' in {own.secrets} is another than the one on which data") as caught:
        prepare.prepare(own)
    assert before not in str(caught.value)
    assert other not in str(caught.value)
    # Put back, it goes on.
    secret_of(own, name).write_text(before)
    prepare.prepare(own)


def test_every_key_that_is_wrong_is_named_at_once(own, sealed):
    for name in LOST:
        secret_of(own, name).unlink()
    with pytest.raises(HomeError) as caught:
        prepare.ensure_keys(own)
    assert [line.split("'")[1] for line in str(caught.value).splitlines()] == sorted(LOST, key=list(secrets.keys(own)).index)


def test_a_step_that_misses_a_key_does_not_tell_to_start_the_home(own):
    secret_of(own, "landing_key").unlink()
    with pytest.raises(SecretMissing) as caught:
        own.secret("landing_key")
    assert "In a home that has data put it back from the backup of that folder" in str(caught.value)
    assert "make run" not in str(caught.value)


# --- A home from before there were fingerprints ---


def test_a_home_from_before_has_its_fingerprints_taken_at_its_first_start(own, sealed, owner):
    forget_fingerprints(owner)
    assert prepare.ensure_keys(own) == []
    known = {row["name"] for row in owner.execute("select name from ops.key_fingerprint").fetchall()}
    assert known == set(secrets.keys(own))


def test_a_home_from_before_whose_key_opens_no_original_stops_and_takes_none(own, sealed, owner):
    forget_fingerprints(owner)
    secret_of(own, "landing_key").write_text(files.hexadecimal())
    with pytest.raises(HomeError, match=r"opens none of the originals .* `make rotate-key KEY=landing_key`"):
        prepare.ensure_keys(own)
    assert not owner.execute("select 1 from ops.key_fingerprint").fetchall()


def test_a_home_from_before_without_one_of_its_keys_stops_and_makes_none(own, sealed, owner):
    forget_fingerprints(owner)
    secret_of(own, "hash_key_nhs_v1").unlink()
    with pytest.raises(HomeError, match="The key 'hash_key_nhs_v1' is not in"):
        prepare.ensure_keys(own)
    assert not secret_of(own, "hash_key_nhs_v1").exists()


def test_renewing_one_key_of_a_home_from_before_lets_no_other_be_made_anew(own, sealed, owner):
    forget_fingerprints(owner)
    secret_of(own, "landing_key").unlink()
    secret_of(own, "hash_key_nhs_v1").unlink()
    rotate.rotate(own, "landing_key", {})
    with pytest.raises(HomeError, match="The key 'hash_key_nhs_v1' is not in"):
        prepare.ensure_keys(own)
    rotate.rotate(own, "hash_key_nhs_v1", {})
    assert prepare.ensure_keys(own) == []


# --- make rotate-key ---


def test_with_the_old_landing_key_at_hand_every_original_is_sealed_anew(own, sealed):
    content, key = clear(own, sealed), own.secret(landing.KEY)
    said = rotate.rotate(own, landing.KEY, {})
    assert "Originals that are sealed with it now: 1." in said
    assert "lost" not in said
    assert own.secret(landing.KEY) != key
    assert clear(own, sealed) == content
    with pytest.raises(seal.NotReadable):
        seal.Unsealed(sealed, bytes.fromhex(key), landing.bond(int(sealed.parent.name)))
    assert prepare.ensure_keys(own) == []


def test_a_kill_while_originals_are_sealed_anew_loses_none(own, sealed, inbox, monkeypatch):
    second = taken_in(own, inbox, "2020-05")
    contents = [clear(own, path) for path in (sealed, second)]
    real = seal.seal_anew

    def killed(path, *keys_):
        real(path, *keys_)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(seal, "seal_anew", killed)
        with pytest.raises(KeyboardInterrupt):
            rotate.rotate(own, landing.KEY, {})
    # The key in use is the old one, and one original is sealed with the new one already.
    assert prepare.ensure_keys(own) == []
    assert "Originals that are sealed with it now: 2." in rotate.rotate(own, landing.KEY, {})
    assert [clear(own, path) for path in (sealed, second)] == contents
    assert not secret_of(own, f"{landing.KEY}.next").exists()


def test_the_new_landing_key_is_on_the_disk_before_the_one_to_come_is_deleted_and_that_deletion_is_too(own, sealed, tmp_path):
    """A power cut could leave every original sealed with a key that was gone."""
    key, coming = secret_of(own, landing.KEY), secret_of(own, f"{landing.KEY}.next")
    with disk(tmp_path) as kept:
        rotate.rotate(own, landing.KEY, {})
        new = key.read_bytes()
        assert (kept.left(key, when_deleted=coming), kept.left(coming, when_deleted=coming)) == (new, new)
        # Else the next key to come would be this one.
        assert kept.left(coming) is None


def test_a_lost_landing_key_is_renewed_and_its_originals_are_said_to_be_lost(own, sealed, owner):
    before = sealed.read_bytes()
    secret_of(own, landing.KEY).unlink()
    assert "Originals that are lost, because no key at hand opens them: 1 (ops.lost_original)" in rotate.rotate(
        own, landing.KEY, {}
    )
    (lost,) = owner.execute("select key_name, status from ops.lost_original join ops.submission using (submission_id)").fetchall()
    assert lost == {"key_name": landing.KEY, "status": "accepted"}
    # Somebody may find the key.
    assert sealed.read_bytes() == before
    prepare.prepare(own)


def test_an_original_that_was_changed_does_not_keep_the_others_from_being_sealed_anew(own, sealed, owner):
    content = bytearray(sealed.read_bytes())
    content[-1] ^= 1
    sealed.write_bytes(bytes(content))
    assert "opens them: 1 " in rotate.rotate(own, landing.KEY, {})
    assert owner.execute("select 1 from ops.lost_original").fetchall()


def test_a_lost_hash_key_is_the_next_version_of_all_and_it_is_said_who_no_longer_meets(own, sealed, inbox, owner):
    secret_of(own, "hash_key_nhs_v1").unlink()
    said = rotate.rotate(own, "hash_key_nhs_v1", {})
    assert "version 2" in said
    assert "hashed with an older version: 1." in said
    assert own.key_version == 2
    assert secret_of(own, KEY_VERSION).read_text() == "2"
    # Nothing asks for the old ones any more.
    assert prepare.ensure_keys(own) == []
    taken_in(own, inbox, "2020-05")
    versions = owner.execute("select hash_key_version as n from ops.submission order by submission_id").fetchall()
    assert [row["n"] for row in versions] == [1, 2]


def test_the_version_of_the_environment_is_not_overruled(own, monkeypatch):
    monkeypatch.setenv("VRN_KEY_VERSION", "3")
    with pytest.raises(HomeError, match="Take it out of the environment"):
        rotate.rotate(own, "hash_key_nhs_v3", {})


def test_a_key_that_there_is_not_is_refused_with_those_that_there_are(own):
    with pytest.raises(HomeError, match=r"This home has no key 'landing'. It has airflow_fernet_key, landing_key, hash_key_nhs_v1"):
        rotate.rotate(own, "landing", {})
    with pytest.raises(HomeError, match=r"This home has no role 'vrn_boss' with a password. It has postgres, vrn_owner"):
        rotate.rotate(own, "password_vrn_boss", {})


def test_originals_are_looked_at_only_where_there_are_some(own, owner):
    secret_of(own, landing.KEY).write_text(files.hexadecimal())
    originals.check(owner, own)


# --- Passwords ---


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Iterator[Settings]:
    """A home with a server of its own, which a test may stop."""
    settings = Settings(home=tmp_path_factory.mktemp("small"), pg_port=free_port(), airflow_port=free_port())
    settings.logs.mkdir()
    secrets.ensure(settings)
    postgres.start(settings, outlives_crash=False)
    prepare.prepare(settings)
    yield settings
    postgres.stop(settings)


def test_a_password_that_is_missing_is_made_anew_and_the_database_is_told(small):
    before = small.password("vrn_bi_reader")
    for name in ("password_vrn_bi_reader", "pgpass_vrn_bi_reader", "airflow_jwt_secret"):
        secret_of(small, name).unlink()
    assert secrets.ensure(small, is_new=False) == ["password_vrn_bi_reader"]
    assert small.secret("airflow_jwt_secret")
    assert small.password("vrn_bi_reader") != before
    prepare.prepare(small)
    psycopg.connect(small.conninfo("vrn_bi_reader")).close()
    assert secrets.ensure(small, is_new=False) == []


def test_the_superusers_password_is_never_made_anew_over_a_server_that_knows_another(small):
    kept = secret_of(small, f"password_{SUPERUSER}").read_text()
    secret_of(small, f"password_{SUPERUSER}").unlink()
    with pytest.raises(HomeError, match=r"knows no other. Put it back .* `make rotate-key KEY=password_postgres`"):
        secrets.ensure(small, is_new=False)
    assert not secret_of(small, f"password_{SUPERUSER}").exists()
    secret_of(small, f"password_{SUPERUSER}").write_text(kept)
    files.replace(small, f"pgpass_{SUPERUSER}", f"*:*:*:{SUPERUSER}:another\n")
    with pytest.raises(HomeError, match="does not take the password of postgres"):
        prepare.prepare(small)
    assert secrets.ensure(small, is_new=False) == []
    prepare.prepare(small)


def test_a_lost_password_of_the_superuser_is_renewed_in_a_local_home(small):
    secret_of(small, f"password_{SUPERUSER}").unlink()
    assert "has a new password" in rotate.rotate(small, f"password_{SUPERUSER}", {})
    prepare.prepare(small)


@pytest.mark.parametrize("said", ["a warning\nThe key is wrong.\n", ""])
def test_another_program_that_fails_is_told_with_its_last_line_and_not_as_a_list(own, sealed, monkeypatch, said):
    failed = subprocess.CompletedProcess("a program", 1, "", said)
    why = "The key is wrong" if said else "it gave no reason"
    monkeypatch.setattr(rotate.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(HomeError, match=rf"could not encrypt anew: {why}\. The old key is in use still\."):
        rotate.rotate(own, secrets.FERNET_KEY, {})
    monkeypatch.setattr(postgres, "_run", lambda *_, **__: failed)
    monkeypatch.setattr(postgres, "stop", lambda _: None)
    with pytest.raises(HomeError, match=rf"single-user mode failed: {why}\.?$"):
        postgres.set_password_of_superuser(own, "a verifier")


@pytest.mark.nightly
@pytest.mark.services
def test_airflows_connections_are_encrypted_anew_if_the_old_key_is_at_hand_and_else_have_to_be_entered_again(small):
    def airflow_says(*words: str) -> str:
        environment = {**os.environ, **airflow.environment(small, "scheduler")}
        command = [Path(sys.executable).with_name("airflow"), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    with airflow.prepared(small):
        pass
    airflow_says("connections", "add", "of_a_test", "--conn-type", "http", "--conn-password", "open-sesame")
    before = small.secret(secrets.FERNET_KEY)
    assert "encrypted with a new key" in rotate.rotate(small, secrets.FERNET_KEY, airflow.environment(small))
    assert small.secret(secrets.FERNET_KEY) != before
    assert "open-sesame" in airflow_says("connections", "get", "of_a_test", "--output", "json")
    secret_of(small, secrets.FERNET_KEY).unlink()
    with pytest.raises(HomeError, match="The key 'airflow_fernet_key' is not in"):
        prepare.prepare(small)
    assert "cannot be read: enter the passwords" in rotate.rotate(small, secrets.FERNET_KEY, airflow.environment(small))
    prepare.prepare(small)


def test_no_password_is_ever_in_a_statement(small):
    """Issue 13, point 14: passwords were SQL literals, which a server's log may hold."""
    with psycopg.connect(small.conninfo(SUPERUSER), autocommit=True) as superuser:
        # The server is made to write down all that it is told.
        for setting, value in (("log_statement", "all"), ("log_min_messages", "log"), ("log_parameter_max_length", "-1")):
            superuser.execute(sql.SQL("alter role postgres set {} = {}").format(sql.Identifier(setting), sql.Literal(value)))
        try:
            prepare.prepare(small)
            superuser.execute("set log_min_messages = log")
            logged_so_far(superuser, small.server_log)
        finally:
            superuser.execute("alter role postgres reset all")
    told = "".join(path.read_text() for path in small.server_log.glob("*.json"))
    assert 'alter role \\"vrn_bi_reader\\" password \'SCRAM-SHA-256$' in told
    assert [role for role in secrets.roles(small) if small.password(role) in told] == []
    with psycopg.connect(small.conninfo(SUPERUSER)) as superuser, pytest.raises(errors.UndefinedTable):
        superuser.execute("select 1 from ops.no_such_table")
