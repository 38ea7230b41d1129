"""What the outside world holds of people, for the data duties of the product (settings name these functions)."""
