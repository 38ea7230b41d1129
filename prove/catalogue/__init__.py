"""The 26 checks, by what they are about."""
