"""Import of existing intakes from a CSV file: read it, understand every row, then create what is sound."""
