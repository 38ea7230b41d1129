"""`manage.py prove`: the 26 checks behind what the product promises, each with the sabotage that turns it red."""
