"""Template tags of the product pages."""
