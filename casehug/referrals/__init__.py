"""Referrals: cases that firms send each other, invitations with a deadline, and what becomes of them."""
