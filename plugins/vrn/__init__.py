"""The library of the outcomes warehouse: each step of the way of the data, without Airflow."""
