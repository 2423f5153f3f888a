"""What each service of a deployment is given: docker-compose.yaml against the one table, and work done with no more than that.

Issue 13, point 14: every Airflow service held every secret, and a task signed in as PostgreSQL's superuser.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.inbox import Inbox
from vrn.access import hba, tls
from vrn.access import secrets as files
from vrn.access.audit import reads
from vrn.build import dbt
from vrn.errors import HomeError, SecretMissing
from vrn.projects import upkeep
from vrn.run import deploy, hand_out, prepare, secrets
from vrn.run.local import airflow, postgres
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import LINKER, OWNER, SUPERUSER

COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text())
SERVICES = COMPOSE["services"]
# Where each image looks for its secrets.
AT = {**dict.fromkeys(("warehouse", "airflow-db", "redis"), "/run/vrn-secrets"), "superset": "/var/lib/superset-secrets"}
MAKERS = ("secrets", "migrate")
# Of a person, and of Redis, which Airflow is told in an address.
NO_TOKENS = {secrets.ADMIN, secrets.QUEUE_PASSWORD}
STREET = "police_street_crime"


def mounted(service: str) -> dict[str, str]:
    """The volumes of a service that hold secrets, and where they are in it, with the right to write."""
    volumes = [one.split(":", 1) for one in SERVICES[service].get("volumes", [])]
    return {name: at for name, at in volumes if name.startswith("secrets")}


@pytest.fixture
def given(home, tmp_path, monkeypatch) -> Path:
    """The folders that are handed out, as a deployment's two first services leave them."""
    monkeypatch.setattr(hand_out, "HANDED_OUT", tmp_path / "given")
    monkeypatch.setattr(hand_out, "QUEUE", tmp_path / "queue")
    # Its users are not this machine's.
    monkeypatch.setattr(os, "chown", lambda *_, **__: None)
    for name in (secrets.SUPERSET_KEY, secrets.SUPERSET_ADMIN):
        files.once(home, name, "x")
    shutil.copytree(home.secrets, tmp_path / "secrets")
    monkeypatch.setenv("VRN_SECRETS", str(tmp_path / "secrets"))
    settings = Settings()
    hand_out.to_other_images(settings)
    hand_out.to_ours(settings)
    return tmp_path / "given"


# --- docker-compose.yaml against the table ---


def test_each_service_mounts_its_own_secrets_read_only_and_no_others():
    for service, need in secrets.SERVICES.items():
        assert need
        assert mounted(service) == {f"secrets-{service}": f"{AT.get(service, '/var/lib/vrn/secrets')}:ro"}, service
    others = SERVICES.keys() - secrets.SERVICES.keys()
    assert others == {*MAKERS, "site"}
    assert mounted("site") == {}
    for maker, handed in (("secrets", secrets.SERVICES), ("migrate", hand_out.OF_OURS)):
        assert mounted(maker) == {"secrets": "/var/lib/vrn/secrets"} | {
            f"secrets-{service}": f"{hand_out.HANDED_OUT}/{service}" for service in handed
        }


def test_no_service_is_told_a_secret_by_its_environment_but_for_the_mail_servers():
    mail = {name for name, service in SERVICES.items() if "AIRFLOW_CONN_SMTP_DEFAULT" in service.get("environment", {})}
    assert mail == {"scheduler", "worker", "dag-processor"}
    told = {key for service in SERVICES.values() for key in service.get("environment", {}) if "PASS" in key or "SECRET" in key}
    assert told == {"VRN_SECRETS", "POSTGRES_PASSWORD_FILE"}


def test_the_superusers_socket_is_lent_to_migrate_alone():
    with_socket = {name for name, one in SERVICES.items() if any("warehouse-socket:" in at for at in one.get("volumes", []))}
    assert with_socket == {"warehouse", "migrate"}
    assert {name for name, one in SERVICES.items() if "VRN_PG_SOCKET" in one.get("environment", {})} == {"migrate"}


def test_no_service_but_the_server_and_migrate_has_the_superusers_password():
    assert [name for name, need in secrets.SERVICES.items() if SUPERUSER in (*need.passwords, *need.signs_in)] == ["warehouse"]


def test_both_servers_read_the_rules_of_signing_in_that_they_are_given():
    assert "hba_file = '/run/vrn-secrets/pg_hba.conf'" in COMPOSE["configs"]["server"]["content"]
    assert "hba" not in COMPOSE["configs"]


def test_a_deployments_servers_keep_as_much_from_people_as_that_of_a_home():
    """Issue 16, an attacker's findings 7 and 9: connections for the services, and an end to what NOTIFY leaves."""
    given = COMPOSE["configs"]["server"]["content"].splitlines()
    for name in ("max_connections", "reserved_connections", "max_notify_queue_pages"):
        assert f"{name} = {postgres.SERVER_OPTIONS[name]}" in given


def test_the_servers_of_a_deployment_and_of_a_home_let_go_of_what_one_had_that_is_gone():
    given = COMPOSE["configs"]["server"]["content"].splitlines()
    for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"):
        assert f"{name} = {postgres.SERVER_OPTIONS[name]}" in given
    name = "client_connection_check_interval"
    assert f"{name} = '{postgres.SERVER_OPTIONS[name]}'" in given


# --- What is handed out ---


def test_each_folder_has_what_the_table_says_and_its_user_alone_reads_it(given):
    settings = Settings()
    others = {"warehouse": {"pg_hba.conf"}, "airflow-db": {"pg_hba.conf"}, "redis": {"users.acl"}}
    assert {path.name for path in given.iterdir()} == set(secrets.SERVICES)
    for service in secrets.SERVICES:
        there = {path.name for path in (given / service).iterdir()}
        assert there == secrets.of_service(settings, service) | others.get(service, set()), service
        assert {path.stat().st_mode & 0o777 for path in (given / service).iterdir()} == {0o600}
        assert (given / service).stat().st_mode & 0o777 == 0o700
    assert (given / "warehouse" / "pg_hba.conf").read_text() == hba.of_warehouse(has_tls=False)


def test_what_is_given_no_more_is_taken_away(given):
    (given / "triggerer" / "landing_key").write_text("of an earlier version")
    hand_out.to_ours(Settings())
    assert not (given / "triggerer" / "landing_key").exists()


def test_with_tls_servers_have_the_key_clients_the_authority_and_nobody_the_authoritys_key(given, monkeypatch):
    monkeypatch.setenv("VRN_TLS_NAMES", "warehouse.example")
    hand_out.to_other_images(Settings())
    hand_out.to_ours(Settings())
    has = {service: {path.name for path in (given / service).iterdir()} for service in secrets.SERVICES}
    assert {service for service, names in has.items() if tls.KEY in names} == {"warehouse", "airflow-db", "partner-pages"}
    assert {service for service, names in has.items() if tls.CA_CERTIFICATE in names} == set(hand_out.OF_OURS)
    assert "ca.crt" in has["superset"]
    assert not any(tls.CA_KEY in names for names in has.values())
    assert (given / "warehouse" / "pg_hba.conf").read_text() == hba.of_warehouse(has_tls=True)


@pytest.mark.parametrize("service", airflow.PROCESSES)
def test_an_airflow_service_starts_with_no_more_than_it_is_given(given, monkeypatch, service):
    with monkeypatch.context() as patched:
        patched.setenv("VRN_SECRETS", str(given / service))
        told = deploy.environment(Settings(), service)
    tokens = {variable: name for name, variable in airflow.TOKENS.items()}
    assert {tokens[variable] for variable in told if variable in tokens} == set(secrets.SERVICES[service].tokens) - NO_TOKENS
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" in told


@pytest.mark.parametrize("service", ["scheduler", "worker"])
def test_a_task_needs_no_more_than_the_service_in_which_it_runs_is_given(given, monkeypatch, server, loader, places, service):
    """Every kind of work that a task does, with the folder of that service in the place of all secrets."""
    with monkeypatch.context() as patched:
        patched.setenv("VRN_SECRETS", str(given / service))
        settings = Settings()
        inbox = Inbox(settings, loader, places)
        inbox.drop(STREET, "2020-04-lancashire-street.synthetic.csv", inbox.text(STREET, "2020-04"))
        assert [row["status"] for row in inbox.take_in(STREET)] == ["accepted"]
        connect(settings, LINKER).close()
        assert dbt.environment(settings)["DBT_ENV_SECRET_VRN_PASSWORD"] == settings.password(OWNER)
        upkeep.keep_up(settings)
        reads.record(settings, server.server_log)
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(settings.conninfo(SUPERUSER))
        with pytest.raises(SecretMissing):
            settings.password(SUPERUSER)
        # Nor does it make what it was not given.
        prepare.projects(settings)
        assert {path.name for path in settings.secrets.iterdir()} == secrets.of_service(settings, service)


def test_the_files_of_a_start_are_never_made_over_a_home_whose_superusers_password_is_lost(given):
    settings = Settings()
    (settings.secrets / f"password_{SUPERUSER}").unlink()
    with pytest.raises(HomeError, match="The password of PostgreSQL's superuser"):
        hand_out.to_other_images(settings)


# --- The inbox on the host (case 23) ---


@pytest.mark.parametrize(
    ("owner", "group", "mode", "told_group", "is_fine"),
    [
        (1000, 1000, 0o750, "", False),
        (1000, 1000, 0o750, "1000", False),
        (1000, 1000, 0o2770, "", False),
        (1000, 1000, 0o2770, "1000", True),
        (1000, 1000, 0o777, "", True),
        (hand_out.VRN_USER, 1000, 0o700, "", True),
    ],
)
def test_an_inbox_of_the_host_keeps_owner_group_and_mode_and_one_that_cannot_be_emptied_is_said(
    tmp_path, monkeypatch, owner, group, mode, told_group, is_fine
):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    inbox, file = tmp_path / "drop", tmp_path / "drop" / STREET / "x.csv"
    file.parent.mkdir(parents=True)
    file.write_text("x")
    for path in (inbox, file.parent, file):
        os.chown(path, owner, group)
    inbox.chmod(mode)
    monkeypatch.setenv("VRN_INBOX", str(inbox))
    monkeypatch.setenv("VRN_INBOX_GROUP", told_group)
    monkeypatch.setattr(hand_out, "HANDED_OUT", tmp_path / "given")
    monkeypatch.setattr(hand_out, "QUEUE", tmp_path / "queue")
    settings = Settings(home=tmp_path / "home")
    if is_fine:
        hand_out.to_other_images(settings)
    else:
        with pytest.raises(HomeError, match=f"belongs to user 1000 and group 1000, with mode {mode:o}.*VRN_INBOX_GROUP=1000"):
            hand_out.to_other_images(settings)
    for path in (inbox, file.parent, file):
        assert (path.stat().st_uid, path.stat().st_gid) == (owner, group)
    assert inbox.stat().st_mode & 0o7777 == mode
    assert settings.secrets.stat().st_uid == hand_out.VRN_USER
