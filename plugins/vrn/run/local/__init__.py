"""A home on one machine: PostgreSQL and Airflow started, watched and stopped without any other service manager."""
