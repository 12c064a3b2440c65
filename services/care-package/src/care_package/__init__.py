"""Providers, care packages and the offers that fill them."""
