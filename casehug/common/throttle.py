"""Login and API throttle: one atomic PostgreSQL row per key and window, so it works without a broker."""

import hashlib

from django.db import connection


def count(*, name: str, key: str, window_seconds: int, hits: int = 1) -> tuple[int, int]:
    """Count hits; return how many the window has seen and the seconds until it ends. The key is kept as a hash."""
    digest = hashlib.sha256(f"{name}|{key}".encode()).digest()
    sql = """
        INSERT INTO common_throttle AS t (key, window_ends, hits) VALUES (%s, now() + make_interval(secs => %s), %s)
        ON CONFLICT (key) DO UPDATE SET
            hits = CASE WHEN t.window_ends <= now() THEN excluded.hits ELSE t.hits + excluded.hits END,
            window_ends = CASE WHEN t.window_ends <= now() THEN excluded.window_ends ELSE t.window_ends END
        RETURNING hits, ceil(extract(epoch FROM window_ends - now()))::int"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [digest, window_seconds, hits])
        seen, left = cursor.fetchone()
    return int(seen), max(1, int(left))


def hit(*, name: str, key: str, limit: int, window_seconds: int) -> int:
    """Count one hit; return 0 when allowed, else the seconds until the window ends."""
    hits, left = count(name=name, key=key, window_seconds=window_seconds)
    return left if hits > limit else 0


def clear(*, name: str, key: str) -> None:
    """Forget the hits of a key (after a success)."""
    digest = hashlib.sha256(f"{name}|{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM common_throttle WHERE key = %s", [digest])
