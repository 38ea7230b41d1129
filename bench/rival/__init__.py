"""dj-stripe's receiver as its documentation sets it up, with processing put off as ours is. Runs in an environment of
its own (`python3 -m venv …`, `pip install dj-stripe psycopg[binary] gunicorn`); it is no dependency of the product.
"""

SCHEMA = "bench_rival"
