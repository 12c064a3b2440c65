"""The tables of triage and what is read from and written to them."""
