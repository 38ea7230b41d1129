"""The product: firms, intake, referrals. Nothing foreign is imported here: `manage.py` starts on a bare Python."""
