"""The one kind of error that the launcher shows to a person: a sentence that says what to do."""


class StackError(Exception):
    """Something a person can put right; its text is one clear sentence without a traceback."""
