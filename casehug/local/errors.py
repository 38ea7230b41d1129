"""The one error of the local runtime: a sentence for the person at the terminal."""


class LocalError(Exception):
    """A local command cannot go on; the text is one sentence that says what is wrong and what to do."""
