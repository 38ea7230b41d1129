"""The product: firms, intake, referrals. Nothing foreign is imported here, so that `manage.py` can start on a bare Python."""
