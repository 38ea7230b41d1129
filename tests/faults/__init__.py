"""Switches that break the product on purpose, for proofs only. Production images do not contain this package."""
