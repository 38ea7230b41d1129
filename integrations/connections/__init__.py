"""Authorise a firm at a provider, keep its tokens, open its API, and say what state the connection is in."""
