"""Where everything runs: the services of a local home and of a deployment, Airflow's API and plugins, the steps as tasks call them.

In: settings and commands. Out: running services, and what they say of themselves. Never: a rule about data.
"""
