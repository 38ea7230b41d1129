"""The 25 checks, by what they are about."""
