"""What triage tells and hears."""
