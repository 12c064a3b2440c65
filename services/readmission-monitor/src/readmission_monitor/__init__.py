"""Spells, thirty-day watches and readmissions."""
