"""REST routes of a connection under `/api/v1/integrations/<provider>/` (casehug.md §3.2)."""
