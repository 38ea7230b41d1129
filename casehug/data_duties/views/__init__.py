"""Pages of the data duties."""
