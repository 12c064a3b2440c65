"""Run the migrations of readmission-monitor."""

from homeward_kit.migrations import run_env

run_env()
