"""Forms of the product pages: they read what was typed; the services decide whether it is right."""
