"""The steps of the monitor."""
