"""Certificates of a deployment: a CA of its own, and one certificate of the servers, made at the first start and renewed in time.

A partner is given `tls_ca.crt` and nothing else of these. A network with a CA of its own puts its own three files in their place.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vrn import whole_file
from vrn.access import secrets
from vrn.settings import Settings

CA_CERTIFICATE, CA_KEY, CERTIFICATE, KEY = "tls_ca.crt", "tls_ca.key", "tls_server.crt", "tls_server.key"
# The services' names in docker-compose.yaml, and this machine's.
NAMES = ("warehouse", "airflow-db", "localhost", "127.0.0.1")
YEARS_OF_CA, DAYS, RENEW_BEFORE = 10, 397, timedelta(days=60)


def ensure(settings: Settings, names: Sequence[str] = (), now: datetime | None = None) -> bool:
    """Make what is missing, and the servers' certificate anew where it ends within 60 days or lacks one of the names.

    names: further names or addresses that clients call the warehouse by. Returns whether the servers have to start again to use
    a new one. A certificate whose CA's key is not here is somebody else's to renew: it stays.
    """
    now = now or datetime.now(UTC)
    folder, wanted = settings.secrets, {*NAMES, *names}
    if not (folder / CA_CERTIFICATE).exists():
        key = ec.generate_private_key(ec.SECP256R1())
        whole_file.write(folder / CA_KEY, _private(key), mode=secrets.FILE_MODE)
        whole_file.write(folder / CA_CERTIFICATE, _ca(key, now).public_bytes(serialization.Encoding.PEM), mode=0o644)
    if not (folder / CA_KEY).exists() or ((folder / CERTIFICATE).exists() and _serves(folder / CERTIFICATE, wanted, now)):
        return False
    authority = x509.load_pem_x509_certificate((folder / CA_CERTIFICATE).read_bytes())
    authority_key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), password=None)
    key = ec.generate_private_key(ec.SECP256R1())
    made = _server(key, wanted, authority, authority_key, now)
    whole_file.write(folder / KEY, _private(key), mode=secrets.FILE_MODE)
    whole_file.write(folder / CERTIFICATE, made.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return True


def _serves(path: Path, names: set[str], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    has = {str(one.value) for one in said}
    return names <= has and certificate.not_valid_after_utc - now > RENEW_BEFORE


def _ca(key, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VRN outcomes warehouse CA")])
    return (
        _certificate(name, name, key, now, now + timedelta(days=365 * YEARS_OF_CA))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(key, names: set[str], authority: x509.Certificate, authority_key, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VRN outcomes warehouse")])
    return (
        _certificate(name, authority.subject, key, now, now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(one) for one in sorted(names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _certificate(subject: x509.Name, issuer: x509.Name, key, begins: datetime, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of clients may be a little behind.
        .not_valid_before(begins - timedelta(hours=1))
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(**given: bool) -> x509.KeyUsage:
    uses = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
        "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{use: given.get(use, False) for use in uses})


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
