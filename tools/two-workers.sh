#!/usr/bin/env bash
# How much faster two workers take in a backfill than one (docs/growing.md): a hundred made-up months of street crime, taken in again
# by `replay`, in Compose with the profile `celery`. Prints the page's table.
# Usage: tools/two-workers.sh [pairs (2)] [cores of each worker (0.25)]. In a project of its own, which it removes with all its
# data; say VRN_PG_PORT, VRN_AIRFLOW_PORT and so on where another deployment has the ports.
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=${1:-2} cores=${2:-0.25}
feed=police_street_crime first=2009-12 last=2018-03 count=100
fail() { printf 'error: %s\n' "$1" >&2; exit 1; }
say() { printf '%s\n' "$1" >&2; }
[[ $pairs =~ ^[1-9][0-9]?$ ]] || fail "pairs: a whole number from 1 to 99 was expected, and not: $pairs"
[[ $cores =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "cores of each worker: a number such as 0.25 was expected, and not: $cores"

# Of another deployment only the ports that it leaves free are told: neither its inbox, which would be taken in and then deleted,
# nor to whom it writes; and nothing of its .env.
for name in $(compgen -e | grep -E '^(VRN_|AIRFLOW_|COMPOSE_)' | grep -vE '^VRN_[A-Z_]+_PORT$'); do unset "$name"; done
# The image has a name of its own, because a deployment would else run this code after its next start.
export COMPOSE_PROJECT_NAME=vrn-two-workers COMPOSE_PROFILES=celery VRN_IMAGE=vrn-two-workers
compose() { docker compose --env-file /dev/null -f docker-compose.yaml "$@"; }

# ask SERVICE USER DATABASE QUERY, with the password that lies in the service's own volume.
ask() {
  # shellcheck disable=SC2016
  compose exec -T "$1" sh -c 'PGPASSWORD=$(cat "/run/vrn-secrets/password_$0") exec psql -U "$0" -d "$1" -Atqc "$2"' \
    "${@:2}" </dev/null
}
warehouse() { ask warehouse postgres warehouse "$1"; }
airflow_db() { ask airflow-db airflow airflow "$1"; }

drop_deliveries() {
  compose exec -T worker python - "$feed" "$first" "$last" <<'PYTHON'
import sys

from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, span
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places

feed, first, last = sys.argv[1:]
settings = Settings()
contract = contracts.load(settings.contracts / f"{feed}.odcs.yaml", ANY_PERIOD)
places = Places(settings.dbt_project / "seeds")
folder = settings.inbox / contract.folder
folder.mkdir(parents=True, exist_ok=True)
for period in span(contract.kind, first, last):
    aside = folder / f"{period.name}-lancashire-street.csv.part"
    aside.write_bytes(deliveries.content(contract, period, places))
    aside.rename(aside.with_suffix(""))
PYTHON
}

# Wait until all are accepted that were to be; a person would have to look at what is held or refused.
accepted() {
  local now
  until now=$(warehouse "select count(*) filter (where status = 'accepted'), count(*) filter (where status in ('held', 'refused'))
      from ops.submission where feed = '$feed'") && [ "$now" = "$count|0" ]; do
    case $now in
      *"|0") ;;
      *) fail "not accepted: $(warehouse "select file_name, status_reason from ops.submission where status in ('held', 'refused')")" ;;
    esac
    sleep 2
  done
}

# Wait until no run is under way. A run that another one causes begins a little after it.
calm() {
  for _ in 1 2 3; do
    until [ "$(airflow_db "select count(*) from dag_run where state in ('queued', 'running')")" = 0 ]; do sleep 2; done
    sleep 5
  done
}

workers() { compose ps -q worker; }
hold_to() { workers | xargs docker update --cpus "$1" >/dev/null; }

# Processor seconds of containers, by the kernel's second or first kind of control groups.
processor() {
  local one
  for one in "$@"; do
    docker exec "$one" sh -c 'cat /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || true'
  done | awk '$1 == "usage_usec" {sum += $2 / 1e6} NF == 1 {sum += $1 / 1e9} END {printf "%.1f\n", sum}'
}
less() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.1f", a - b}'; }
by() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.1f", a / b}'; }

# run N: sets seconds, of_workers and of_warehouse of the backfill on so many workers, from the first step to the last acceptance.
run() {
  local since before server
  compose up -d --quiet-pull --wait --no-deps --scale "worker=$1" worker >&2
  calm
  hold_to "$cores"
  since=$(warehouse 'select clock_timestamp()')
  server=$(compose ps -q warehouse)
  # shellcheck disable=SC2046
  before="$(processor $(workers)) $(processor "$server")"
  compose run --rm -T --no-deps migrate python -m vrn replay --feed "$feed" --from "$first" --until "$last" \
    --reason "two workers against one" >/dev/null
  accepted
  # shellcheck disable=SC2046
  of_workers=$(less "$(processor $(workers))" "${before% *}") of_warehouse=$(less "$(processor "$server")" "${before#* }")
  # The build that follows is one process, and is not what is measured.
  hold_to "$(nproc)"
  calm
  seconds=$(warehouse "select round(extract(epoch from max(finished_at) filter (where step = 'accept') - min(started_at)))
    from ops.step where started_at >= '$since' and step in ('register', 'stage', 'gate', 'accept')")
  say "$1 workers: $seconds s"
}

removed() {
  local ended=$?
  [ $ended = 0 ] || compose logs --tail 20 >&2 || true
  compose down -v --remove-orphans >/dev/null 2>&1
}

under_way=$(compose ps -aq)
[ -z "$under_way" ] || fail "project $COMPOSE_PROJECT_NAME is there already. Wait for whoever measures, or remove it: \
docker compose -p $COMPOSE_PROJECT_NAME --profile celery down -v"
trap removed EXIT
say "starting, and taking the deliveries in for the first time"
# Built anew, because the image of this name may be of other code.
compose up -d --build --quiet-pull --wait --scale worker=1 >&2
drop_deliveries
accepted
printf '| | two workers | one worker | speed-up |\n| --- | --- | --- | --- |\n'
for pair in $(seq "$pairs"); do
  run 2
  two=$seconds two_workers=$of_workers two_warehouse=$of_warehouse
  run 1
  printf '| pair %s, seconds | %s | %s | %s |\n' "$pair" "$two" "$seconds" "$(by "$seconds" "$two")"
  printf '| processor seconds of all workers | %s | %s | |\n| of the warehouse | %s | %s | |\n' \
    "$two_workers" "$of_workers" "$two_warehouse" "$of_warehouse"
done
