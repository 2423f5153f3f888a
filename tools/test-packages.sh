#!/usr/bin/env bash
# Debian's packages by which the tests try real clients: a browser, ODBC, JDBC, R, an SSH server, Redis, and a PostgreSQL with
# TLS and pgaudit. As root.
# Without them the tests that need one skip and say so.
set -euo pipefail
packages=(chromium unixodbc odbc-postgresql libpostgresql-jdbc-java default-jdk-headless r-base-core r-cran-rpostgresql openssh-server postgresql-15 postgresql-15-pgaudit redis-server)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
printf 'installing %s\n' "${missing[*]}"
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
# Debian would start a server of its own: the tests start theirs.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
{ apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >/dev/null ||
  { printf 'error: Debian'\''s packages could not be installed; the reason is above. Is this Debian 12, and are you root?\n' >&2; exit 1; }
