"""What the pages of the referrals read."""
