"""Homeward on one machine: the stack and the `homeward` command."""
