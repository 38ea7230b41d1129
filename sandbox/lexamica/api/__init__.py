"""The interface of the stand-in: gate, management and inbound calls."""
