"""Pages: Settings → Integrations, the operation log, runs, and the fragments on a matter's page."""
