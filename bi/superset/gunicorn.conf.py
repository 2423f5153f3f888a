"""The web server of Superset: python -m gunicorn --config gunicorn.conf.py"""

wsgi_app = "superset.app:create_app()"
bind = "0.0.0.0:8088"
# Superset keeps its own database in SQLite: one process that answers many at once never waits for another's lock for long.
workers = 1
worker_class = "gthread"
threads = 16
timeout = 120
# Nobody steers it while it runs, and nothing is written to the home of its user.
control_socket_disable = True
