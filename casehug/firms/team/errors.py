"""What can be wrong with a wish about the team, in words for the person who wished it."""


class TeamError(RuntimeError):
    """Refused; the text says why and what to do."""


class NotThere(RuntimeError):
    """No such member or invitation in the open firm."""
