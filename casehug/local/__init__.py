"""What `manage.py up` and `manage.py test` are: the locked environment, embedded servers and the supervisor."""
