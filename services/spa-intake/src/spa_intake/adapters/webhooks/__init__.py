"""Messages to ward systems: what they say, how they are signed, and where they may go."""
