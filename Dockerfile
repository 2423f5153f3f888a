# One image for every service of ours: Airflow, dbt, Great Expectations and the library.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONPATH=/opt/vrn/plugins AIRFLOW_HOME=/var/lib/vrn/airflow VRN_HOME=/var/lib/vrn \
    GX_ANALYTICS_ENABLED=false DO_NOT_TRACK=1 PATH=/opt/venv/bin:$PATH

RUN useradd --create-home --uid 50000 vrn \
 && mkdir -p /var/lib/vrn/airflow /var/lib/vrn/inbox /var/lib/vrn/secrets /opt/vrn \
 && chown -R vrn /var/lib/vrn

WORKDIR /opt/vrn
COPY requirements.txt tools/uv.txt ./
# Byte code is compiled here: it halves the start of every task.
RUN python3 -m venv /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r uv.txt \
 && python -m uv pip install --no-cache --python /opt/venv/bin/python --require-hashes --only-binary :all: --compile-bytecode \
      -r requirements.txt

COPY dags dags
COPY plugins plugins
COPY expectations expectations
COPY dbt_project dbt_project
RUN python -m compileall -q plugins dags

USER vrn
VOLUME ["/var/lib/vrn"]
