"""By which code a release was made."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from vrn.settings import REPOSITORY

# What an image has of the repository, without what Python and dbt write into it.
FOLDERS = ("dags", "plugins", "dbt_project", "expectations")
SUFFIXES = frozenset({".css", ".csv", ".j2", ".js", ".py", ".sql", ".yaml", ".yml"})
MADE_BY_DBT = ("target", "logs", "dbt_packages")


def revision(repository: Path = REPOSITORY) -> str:
    """The git revision of the code. Where the checkout differs from it a plus and the files' digest follow. Where git knows of
    none, as in an image, "files " and the digest: the first 20 digits of a SHA-256."""
    try:
        # A copy may lie in another repository, whose revisions say nothing of it.
        top, commit = _git(repository, "rev-parse", "--show-toplevel", "HEAD").splitlines()
        if Path(top) != repository:
            return f"files {_digest(repository)}"
        if not _git(repository, "status", "--porcelain", "--", *FOLDERS).strip():
            return commit
    except (OSError, subprocess.CalledProcessError):
        return f"files {_digest(repository)}"
    return f"{commit}+{_digest(repository)}"


def is_known(given: str) -> bool:
    """Whether no other code can have this revision. Releases made before December 2026 may have "unknown", or a plus alone."""
    return given != "unknown" and not given.endswith("+")


def _git(repository: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True).stdout


def _digest(repository: Path) -> str:
    """Of the files' places and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in FOLDERS for path in (repository / folder).rglob("*")):
        place = path.relative_to(repository)
        if path.suffix in SUFFIXES and not (place.parts[0] == "dbt_project" and place.parts[1] in MADE_BY_DBT):
            content = path.read_bytes()
            digest.update(f"{place.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:20]
