"""Writes of the intake core: keyword-only, inside the firm scope, change + event + audit in one transaction."""
