"""Run the migrations of spa-intake."""

from homeward_kit.migrations import run_env

run_env()
