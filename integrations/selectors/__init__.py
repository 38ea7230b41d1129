"""Reads for pages and API: figures of a connection, the operation log, runs, and what a matter's panel shows."""
