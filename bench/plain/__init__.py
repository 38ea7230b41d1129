"""What anyone would have after `startproject`: a Django project with one view, and the same view with one insert."""

TABLE = "CREATE TABLE IF NOT EXISTS bench_plain_event (id bigserial PRIMARY KEY, event_id text, body bytea)"
