"""Superset's settings for the outcomes warehouse: one connection, read only, nothing that leaves this machine.

Superset reads this module by its name from the PYTHONPATH. The environment says where things are:

VRN_BI_SECRETS    folder with superset_secret_key, superset_admin_password and password_vrn_bi_reader; optionally ca.crt
VRN_BI_HOME       folder that is kept: Superset's own database and cache (default /var/lib/superset)
VRN_PG_HOST, VRN_PG_PORT, VRN_PG_DATABASE    the warehouse; the database of readers on its server is called after it
VRN_BI_BEHIND_TLS 1 where a proxy with TLS stands before it: cookies are then sent over TLS only
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

READER = "vrn_bi_reader"
SECRETS = Path(os.environ["VRN_BI_SECRETS"])
HOME = Path(os.environ.get("VRN_BI_HOME", "/var/lib/superset"))


def secret(name: str) -> str:
    """The text of a secret file; fails closed when it is absent or empty."""
    try:
        text = (SECRETS / name).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        text = ""
    if not text:
        raise RuntimeError(f"The secret '{name}' is not in {SECRETS} (VRN_BI_SECRETS). Superset does not start without it.")
    return text


def the_warehouse(uri, params, _username, _security_manager, _source):
    """The address and the password of the one connection, as the environment and the secrets say now.

    They are neither in the assets nor in Superset's own database. A connection of another role stays as it is.
    """
    if uri.username != READER:
        return uri, params
    uri = uri.set(
        host=os.environ.get("VRN_PG_HOST", "warehouse"),
        port=int(os.environ.get("VRN_PG_PORT", "5432")),
        database=f"{os.environ.get('VRN_PG_DATABASE', 'warehouse')}_readers",
        password=secret(f"password_{READER}"),
    )
    certificate = SECRETS / "ca.crt"
    tls = {"sslmode": "verify-full", "sslrootcert": str(certificate)} if certificate.exists() else {}
    arguments = {**params.get("connect_args", {}), **tls, "application_name": "superset", "connect_timeout": 10}
    return uri, {**params, "connect_args": arguments}


def only_the_reader(uri) -> None:
    """Whoever adds a connection in the browser gets this one and no other: not even Superset's own database."""
    if uri.get_backend_name() != "postgresql" or uri.username != READER:
        raise ValueError(f"This Superset reads the outcomes warehouse as {READER} and connects to nothing else.")


DB_CONNECTION_MUTATOR = the_warehouse
DB_SQLA_URI_VALIDATOR = only_the_reader
PREVENT_UNSAFE_DB_CONNECTIONS = True

SECRET_KEY = secret("superset_secret_key")
DATA_DIR = str(HOME)
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}?check_same_thread=false"
# The samples that Superset brings would lie beside its own database; none are loaded.
SQLALCHEMY_EXAMPLES_URI = SQLALCHEMY_DATABASE_URI

# Figures change with a release and not in between, so five minutes keep the warehouse quiet and nobody waits for a release.
CACHE_CONFIG = {
    "CACHE_TYPE": "FileSystemCache",
    "CACHE_DIR": str(HOME / "cache"),
    "CACHE_DEFAULT_TIMEOUT": int(timedelta(minutes=5).total_seconds()),
    "CACHE_THRESHOLD": 2000,
}
DATA_CACHE_CONFIG = {**CACHE_CONFIG, "CACHE_DIR": str(HOME / "cache-data")}
CACHE_DEFAULT_TIMEOUT = CACHE_CONFIG["CACHE_DEFAULT_TIMEOUT"]

# Below the role's own limit of 60 seconds a statement.
SUPERSET_WEBSERVER_TIMEOUT = 60
SQLLAB_TIMEOUT = 30
ROW_LIMIT = 10_000
SQL_MAX_ROW = 50_000
CELERY_CONFIG = None

# Nothing is asked of any other machine: no tiles, fonts, avatars or pixels, whatever a chart or a theme names.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        # Superset's own components write their styles into the page.
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
    "referrer_policy": "no-referrer",
}
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []
MAPBOX_API_KEY = ""
# Its page of the API loads from a public address.
FAB_API_SWAGGER_UI = False
ENABLE_CORS = False
HTML_SANITIZATION = True

# A dashboard asks for some hundred files at once when it is opened first; a password may be tried five times a minute.
RATELIMIT_ENABLED = True
RATELIMIT_STORAGE_URI = "memory://"
RATELIMIT_APPLICATION = "100 per second"
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "5 per minute"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
PERMANENT_SESSION_LIFETIME = timedelta(hours=8)
if os.environ.get("VRN_BI_BEHIND_TLS") == "1":
    ENABLE_PROXY_FIX = True
    SESSION_COOKIE_SECURE = True
    TALISMAN_CONFIG["session_cookie_secure"] = True

FEATURE_FLAGS = {
    "ALERT_REPORTS": False,
    "DASHBOARD_RBAC": False,
    "DRILL_BY": False,
    "DRILL_TO_DETAIL": False,
    "EMBEDDABLE_CHARTS": False,
    "EMBEDDED_SUPERSET": False,
    "ENABLE_JAVASCRIPT_CONTROLS": False,
    "ENABLE_TEMPLATE_PROCESSING": False,
    "ESCAPE_MARKDOWN_HTML": True,
    "SSH_TUNNELING": False,
    "THUMBNAILS": False,
}

APP_NAME = "Outcomes framework"
LANGUAGES: dict = {}
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
# Letters that the computer has: Superset would else fall back to whatever is there for a font of its own.
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": "Outcomes framework",
        "brandLogoUrl": "/static/assets/images/superset-logo-horiz.png",
        "brandLogoMargin": "18px 0",
        "brandLogoHref": "/",
        "brandLogoHeight": "24px",
        "colorPrimary": "#1d5c7a",
        "colorLink": "#1d5c7a",
        "fontFamily": "Inter, Helvetica, Arial, sans-serif",
    },
    "algorithm": "default",
}
