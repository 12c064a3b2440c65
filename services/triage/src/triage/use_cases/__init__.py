"""The steps of triage, one file each."""
