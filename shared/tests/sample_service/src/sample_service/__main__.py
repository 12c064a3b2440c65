"""`python -m sample_service serve|migrate`."""

from homeward_kit.process import main
from sample_service.service import build

main(build)
