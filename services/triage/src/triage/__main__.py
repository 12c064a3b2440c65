"""`python -m triage serve|migrate`."""

from homeward_kit.process import main
from triage.entrypoints.service import build

main(build)
