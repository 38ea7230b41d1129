"""`manage.py bench`: what the product costs, side by side with the plainest client there is, in one run."""
