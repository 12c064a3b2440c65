"""Run the migrations of care-package."""

from homeward_kit.migrations import run_env

run_env()
