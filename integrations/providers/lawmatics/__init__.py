"""Lawmatics (Open API v1.21.0): contacts, matters and notes go out. Start reading in `provider.py`."""
