"""Run the migrations of the sample service."""

from homeward_kit.migrations import run_env

run_env()
