"""The /v1 API of the stand-in: one gate, one table of shapes, and a module per group of resources."""
