"""Webhooks we send: who gets what, frozen bodies, signatures, the guarded way out, and the ladder of attempts."""
