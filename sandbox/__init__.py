"""Stand-ins for the providers: separate programs that share no code with the product."""
