"""Database and events."""
