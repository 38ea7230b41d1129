"""What a provider is. Free of Django: frozen records, plain protocols, errors. See `provider.py` for the entry."""
