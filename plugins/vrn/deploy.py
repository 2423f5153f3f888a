"""The services of a deployment (docker-compose.yaml): each is this, in the image, with secrets from a volume."""

from __future__ import annotations

import os
import subprocess

from vrn import warehouse
from vrn.airflow_api import AirflowApi
from vrn.errors import HomeError
from vrn.local import airflow
from vrn.settings import Settings

AIRFLOW_HOST = "airflow-db"
API_PORT = 8080


def environment(settings: Settings) -> dict[str, str]:
    """Airflow's configuration, as in a local home but for where its database and API server are."""
    url = f"{warehouse.AIRFLOW}:{settings.password(warehouse.AIRFLOW)}@{AIRFLOW_HOST}:5432/airflow"
    return {
        **airflow.environment(settings),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{url}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg://{url}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://api-server:{API_PORT}/execution/",
        "AIRFLOW__API__HOST": "0.0.0.0",
        "AIRFLOW__API__PORT": str(API_PORT),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{settings.airflow_port}",
    }


def serve(settings: Settings, service: str) -> None:
    """Become one of Airflow's processes."""
    for path in (settings.logs, settings.inbox, settings.landing, settings.data_docs, settings.home / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
    os.execvpe("airflow", ["airflow", service, *airflow.ARGUMENTS.get(service, [])], {**os.environ, **environment(settings)})


def migrate(settings: Settings) -> None:
    """Bring the warehouse and Airflow's database to this version."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    warehouse.prepare(settings)
    airflow.write_passwords(settings)
    done = subprocess.run(["airflow", "db", "migrate"], env={**os.environ, **environment(settings)}, check=False)
    if done.returncode != 0:
        raise HomeError("Airflow's database could not be made ready; the reason is above.")


def health(settings: Settings) -> None:
    """Raise HomeError unless scheduler, DAG processor and triggerer all beat."""
    beats = AirflowApi(settings).call("GET", "/monitor/health")
    still = [name for name in ("scheduler", "dag_processor", "triggerer") if beats[name]["status"] == "unhealthy"]
    if still:
        raise HomeError(f"no heartbeat from: {', '.join(still)}")


def done(settings: Settings) -> None:
    """Raise HomeError while work is left or no indicator is there."""
    from vrn.database import connect
    from vrn.local import home

    state = home.work_left(settings, AirflowApi(settings))
    if state["busy"]:
        raise HomeError(f"still at work: {state['accepted']} accepted, {state['waiting']} waiting")
    with connect(settings, warehouse.OWNER) as connection:
        if connection.execute("select to_regclass('marts.fct_indicator_value') as found").fetchone()["found"] is None:
            raise HomeError("no indicator has been built")
