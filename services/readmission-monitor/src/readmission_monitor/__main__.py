"""`python -m readmission_monitor serve|migrate`."""

from homeward_kit.process import main
from readmission_monitor.entrypoints.service import build

main(build)
