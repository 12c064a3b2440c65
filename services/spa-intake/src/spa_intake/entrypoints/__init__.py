"""The processes of spa-intake."""
