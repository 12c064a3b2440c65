"""`python -m readmission_monitor serve|migrate`."""

import gc

gc.disable()  # a fifth of the start: among what is imported there is next to no rubbish; `serve` turns it on

from homeward_kit.process import main  # noqa: E402 — see above
from readmission_monitor.entrypoints.service import build  # noqa: E402 — see above

main(build)
