"""By which code a release was made, and whether two were made by the same."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from vrn.feeds import code_files
from vrn.settings import REPOSITORY

# What an image has of the repository, without what Python and dbt write into it.
FOLDERS = ("dags", "plugins", "dbt_project", "expectations")
SUFFIXES = frozenset({".css", ".csv", ".j2", ".js", ".py", ".sql", ".yaml", ".yml"})
MADE_BY_DBT = ("target", "logs", "dbt_packages")
COMMIT, DIGEST = re.compile("[0-9a-f]+"), re.compile(r"(?:\+|files )([0-9a-f]+)$")


def revision(repository: Path = REPOSITORY) -> str:
    """The git commit of the code, "files " and the digest of its files: the first 20 digits of a SHA-256. Where git says that the
    checkout differs from the commit, a plus stands in the place of "files "; where it knows no commit, as in an image, none."""
    digest = _digest(repository)
    try:
        # A copy may lie in another repository, whose revisions say nothing of it.
        top, commit = _git(repository, "rev-parse", "--show-toplevel", "HEAD").splitlines()
        if Path(top) != repository:
            return f"files {digest}"
        is_changed = bool(_git(repository, "status", "--porcelain", "--", *FOLDERS).strip())
    except (OSError, subprocess.CalledProcessError):
        return f"files {digest}"
    return f"{commit}+{digest}" if is_changed else f"{commit} files {digest}"


def is_same_code(one: str, other: str) -> bool | None:
    """Whether two revisions are of the same code; None where that is not known.

    The same files may be of two commits, and have none in an image. Releases made before December 2026 may have a commit without a
    digest, a plus without one, or "unknown".
    """
    digests = [found[1] for given in (one, other) if (found := DIGEST.search(given))]
    if len(digests) == 2:
        return digests[0] == digests[1]
    return True if one == other and COMMIT.fullmatch(one) else None


def _git(repository: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True).stdout


def _digest(repository: Path) -> str:
    """Of the files' places and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in FOLDERS for path in code_files.of(repository / folder, "**/*")):
        place = path.relative_to(repository)
        if path.suffix in SUFFIXES and not (place.parts[0] == "dbt_project" and place.parts[1] in MADE_BY_DBT):
            content = path.read_bytes()
            digest.update(f"{place.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:20]
