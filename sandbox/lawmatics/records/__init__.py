"""The records of the stand-in: the store, contacts, matters, their timeline, and what staff do with them."""
