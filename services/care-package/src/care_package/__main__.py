"""`python -m care_package serve --role all|api|worker` and `python -m care_package migrate`."""

from care_package.entrypoints.service import build
from homeward_kit.process import main

main(build)
