"""Celery's configuration, which Airflow's workers read before anything else: Airflow's own, and what tasks import is imported once.

A worker forks its processes and each forks its tasks, so that a task has it at no cost.
"""

from __future__ import annotations

from airflow.providers.celery.executors.default_celery import DEFAULT_CELERY_CONFIG
from celery.signals import worker_init

from vrn.run.local import preload

CONFIG = DEFAULT_CELERY_CONFIG


@worker_init.connect
def load(**_: object) -> None:
    preload.load()
