"""Events of the stand-in: pushed to webhooks, or kept for polling."""
