"""Referrals between this firm and an exchange: what comes in becomes the product's own facts."""
