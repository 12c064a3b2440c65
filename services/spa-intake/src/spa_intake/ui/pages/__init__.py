"""One module per page: load, present, answer."""
