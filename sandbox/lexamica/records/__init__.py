"""What the exchange keeps: cases, invitations, updates, settlements and files, and what happens to them."""
