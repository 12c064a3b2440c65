"""What the rules are connected to: database, events, keys, message formats."""
