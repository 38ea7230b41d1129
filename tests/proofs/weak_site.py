"""A page with the faults that the scanners look for: the sabotage of the proof that they find none in the product."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def page(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Put what was asked for into a statement and into the page, as it came."""
    name = parse_qs(environ.get("QUERY_STRING", "")).get("name", [""])[0]
    database = sqlite3.connect(":memory:")
    database.executescript("CREATE TABLE person (name text); INSERT INTO person VALUES ('Jordan Vale')")
    try:
        rows = database.execute(f"SELECT name FROM person WHERE name = '{name}'").fetchall()
        told = f"<p>{len(rows)} found for {name}</p>" + "".join(f"<p>{row[0]}</p>" for row in rows)
    except (sqlite3.Error, sqlite3.Warning) as error:
        told = f"<p>sqlite3.{type(error).__name__}: {error}, {name}</p>"
    finally:
        database.close()
    start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [f'<html><body>{told}<a href="/?name=Jordan">again</a></body></html>'.encode()]


@contextmanager
def running() -> Iterator[str]:
    """Serve it on loopback for the time of the block; yields its address."""
    server = make_server("127.0.0.1", 0, page, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
