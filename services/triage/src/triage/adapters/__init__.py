"""What the rules need from outside: the database and the events."""
