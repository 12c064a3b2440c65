"""Published and consumed payloads."""
