"""Payloads published and consumed."""
