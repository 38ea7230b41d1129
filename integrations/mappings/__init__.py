"""Editable tables between our words and the provider's: which case type goes to which stage."""
