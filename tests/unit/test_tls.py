"""TLS of a deployment: the certificates that are made, and docker-compose.tls.yaml's settings on a real server.

The wheel's PostgreSQL 18 is built without TLS, so the server here is Debian's PostgreSQL 15, which has the same settings.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import yaml
from cryptography import x509

from tests import debian_postgres
from vrn.access import hba, tls
from vrn.settings import REPOSITORY, Settings


@pytest.fixture
def made(tmp_path) -> Settings:
    """A home with certificates for `warehouse.example`."""
    settings = Settings(home=tmp_path)
    settings.secrets.mkdir()
    assert tls.ensure(settings, ["warehouse.example"])
    return settings


def certificate(settings: Settings) -> x509.Certificate:
    return x509.load_pem_x509_certificate((settings.secrets / tls.CERTIFICATE).read_bytes())


def test_keys_are_their_owners_only_and_the_authority_can_sign_servers_only(made):
    for name in (tls.KEY, tls.CA_KEY):
        assert (made.secrets / name).stat().st_mode & 0o777 == 0o600
    authority = x509.load_pem_x509_certificate((made.secrets / tls.CA_CERTIFICATE).read_bytes())
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    certificate(made).verify_directly_issued_by(authority)


def test_a_certificate_is_renewed_before_it_ends_and_when_a_name_is_added_and_else_stays(made):
    first = certificate(made)
    assert not tls.ensure(made, ["warehouse.example"])
    assert certificate(made) == first
    assert tls.ensure(made, ["warehouse.example", "10.1.2.3"])
    second = certificate(made)
    later = datetime.now(UTC) + timedelta(days=tls.DAYS - 59)
    assert tls.ensure(made, ["warehouse.example", "10.1.2.3"], now=later)
    assert certificate(made).not_valid_after_utc > second.not_valid_after_utc + timedelta(days=300)


def test_another_authoritys_certificate_is_never_replaced(made):
    (made.secrets / tls.CA_KEY).unlink()
    before = certificate(made)
    assert not tls.ensure(made, ["another.example"])
    assert certificate(made) == before


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """A server with the settings of docker-compose.tls.yaml: connection parameters, and the home with its certificates."""
    if not debian_postgres.has("bin/initdb"):
        pytest.skip("TLS was not tried: Debian's postgresql-15 is not installed")
    settings = Settings(home=tmp_path_factory.mktemp("tls"))
    settings.secrets.mkdir()
    tls.ensure(settings)
    given = yaml.load((REPOSITORY / "docker-compose.tls.yaml").read_text(), Compose)["configs"]
    config = given["tls"]["content"].replace("/run/vrn-secrets", "{folder}") + "hba_file = '{folder}/pg_hba.conf'"
    rules = hba.of_warehouse(has_tls=True)
    files = {name: (settings.secrets / name).read_bytes() for name in (tls.CERTIFICATE, tls.KEY)}
    with debian_postgres.running(config, {**files, "pg_hba.conf": rules.encode()}) as (_, server):
        yield server, settings


class Compose(yaml.SafeLoader):
    """Compose's own tags, of which nothing is needed here."""


Compose.add_multi_constructor("!", lambda loader, _, node: loader.construct_sequence(node))


def test_a_client_that_knows_the_authority_comes_in_by_tls_13_and_scram(secured):
    server, settings = secured
    authority = settings.secrets / tls.CA_CERTIFICATE
    with psycopg.connect(**server, sslmode="verify-full", sslrootcert=authority, require_auth="scram-sha-256") as connection:
        found = connection.execute("select ssl, version from pg_stat_ssl where pid = pg_backend_pid()").fetchone()
    assert found == (True, "TLSv1.3")


def test_without_tls_nobody_comes_in(secured):
    server, _ = secured
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(**server, sslmode="disable")


def test_an_older_tls_is_refused(secured):
    server, _ = secured
    with pytest.raises(psycopg.OperationalError, match="protocol version"):
        psycopg.connect(**server, sslmode="require", ssl_max_protocol_version="TLSv1.2")


def test_a_server_of_another_authority_or_name_is_not_believed(secured, made):
    server, settings = secured
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(**server, sslmode="verify-full", sslrootcert=made.secrets / tls.CA_CERTIFICATE)
    named = {**server, "host": "another.example", "hostaddr": "127.0.0.1"}
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        psycopg.connect(**named, sslmode="verify-full", sslrootcert=settings.secrets / tls.CA_CERTIFICATE)
