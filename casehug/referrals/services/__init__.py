"""What changes referrals. Every function runs in the caller's firm scope and takes keywords only."""
