"""Doors of the product pages and of the client portal: check, one call, answer."""
