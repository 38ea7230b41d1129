"""The way in: receive, verify, store, then process; polled changes take the same way."""
