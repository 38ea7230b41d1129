"""Lexamica, an exchange of cases between law firms: pure translation. Start with `provider.py`."""
