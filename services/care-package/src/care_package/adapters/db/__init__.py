"""Tables, repositories and queries."""
