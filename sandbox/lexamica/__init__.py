"""A stand-in for the Lexamica referral exchange; everything it assumes is read from the catalogue file."""
