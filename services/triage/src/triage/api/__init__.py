"""Triage over HTTP."""
