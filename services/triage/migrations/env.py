"""Run the migrations of triage."""

from homeward_kit.migrations import run_env

run_env()
