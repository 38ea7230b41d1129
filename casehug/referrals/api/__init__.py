"""The REST API of the referrals."""
