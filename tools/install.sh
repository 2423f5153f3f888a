#!/usr/bin/env bash
# Make .venv and install a hashed requirements file into it. Wheels only: no compiler is needed.
set -euo pipefail
file=$1
fail() { printf 'error: %s\n' "$1" >&2; exit 1; }

command -v "${PYTHON:-python3.11}" >/dev/null ||
  fail "Python 3.11 is not on the PATH. Install it (Debian: apt-get install python3.11 python3.11-venv), or say PYTHON=/path/to/python3.11."
found=$("${PYTHON:-python3.11}" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$found" = 3.11 ] || fail "The warehouse needs Python 3.11; ${PYTHON} is $found. Say PYTHON=/path/to/python3.11."
[ "$(df -Pk . | awk 'NR == 2 {print $4}')" -ge 2097152 ] ||
  fail "The disk of this folder has less than 2 GiB left; the environment needs about 1. Free some space."

if [ ! -x .venv/bin/python ]; then
  printf 'making .venv\n'
  "${PYTHON:-python3.11}" -m venv .venv 2>/dev/null ||
    { rm -rf .venv; fail "Python 3.11 has no venv module here. Install it (Debian: apt-get install python3.11-venv)."; }
fi
if ! .venv/bin/python -m uv --version >/dev/null 2>&1; then
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r tools/uv.txt ||
    fail "The installer uv could not be fetched. Is a package index reachable (pip's own settings apply)?"
fi
printf 'installing %s\n' "$file"
# On a terminal uv shows what it does; elsewhere a line every ten seconds says that it goes on.
quiet=()
if [ ! -t 2 ]; then
  quiet=(-q)
  (while sleep 10 >/dev/null; do printf 'still installing, %s s\n' "$SECONDS"; done) &
  ticker=$!
  trap 'kill "$ticker" 2>/dev/null' EXIT
fi
.venv/bin/python -m uv pip install "${quiet[@]}" --python .venv/bin/python --require-hashes --only-binary :all: -r "$file" ||
  fail "The packages of $file could not be installed. Is a package index reachable, and is the disk not full? Run it again to go on."
# Byte code halves the start of every process. Nobody imports the packages' own tests.
.venv/bin/python -m compileall -q -j 0 -x '/tests/' .venv/lib >/dev/null || true
