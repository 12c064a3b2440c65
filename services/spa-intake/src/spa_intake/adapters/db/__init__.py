"""The database of spa-intake: the only one with names and NHS numbers."""
