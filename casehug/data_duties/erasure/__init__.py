"""Erase a client everywhere we hold data, and certify it. Settings `ERASERS` name who holds what."""
