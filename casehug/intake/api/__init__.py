"""REST API of matters, clients, documents and uploads (casehug.md §7.3–7.5)."""
