"""The export of a firm: a ZIP with every table as JSON lines, every file, and a manifest with hashes."""
