"""The secrets of a home: made once, at first start, readable by their owner only, never printed."""

from __future__ import annotations

import base64
import os
import secrets

from vrn.feeds.grammar import DOMAINS
from vrn.projects import pseudonyms, register
from vrn.receive import landing
from vrn.run.prepare import database_roles
from vrn.settings import Settings
from vrn.stage import protect

FILE_MODE = 0o600


def ensure(settings: Settings) -> None:
    """Make every secret that is not there yet. An existing one is never changed."""
    settings.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    for role in database_roles(settings):
        _ensure_password(settings, role)
    for domain in (*DOMAINS, protect.MATCH_KEY):
        once(settings, f"hash_key_{domain}_v{settings.key_version}", secrets.token_hex(32))
    once(settings, landing.KEY, secrets.token_hex(32))
    # Fernet wants 32 bytes in url-safe base64.
    once(settings, "airflow_fernet_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    once(settings, "airflow_secret_key", secrets.token_hex(32))
    once(settings, "airflow_jwt_secret", secrets.token_hex(32))
    once(settings, "airflow_admin_password", secrets.token_urlsafe(12))


def ensure_projects(settings: Settings) -> None:
    """Make the key and the password of each project of the register that can be read and has none yet."""
    for project in register.read(settings)[0]:
        once(settings, pseudonyms.key_name(project.name), secrets.token_hex(32))
        _ensure_password(settings, project.role)


def _ensure_password(settings: Settings, role: str) -> None:
    once(settings, f"password_{role}", secrets.token_urlsafe(24))
    once(settings, f"pgpass_{role}", f"*:*:*:{role}:{settings.password(role)}\n")


def once(settings: Settings, name: str, value: str) -> None:
    """Write a secret unless it is there."""
    path = settings.secrets / name
    if path.exists() and path.stat().st_size:
        return
    # Written aside and renamed: a crash leaves no half a secret.
    aside = path.with_suffix(".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
    aside.rename(path)
