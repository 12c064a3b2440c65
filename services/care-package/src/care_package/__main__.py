"""`python -m care_package serve --role all|api|worker` and `python -m care_package migrate`."""

import gc

gc.disable()  # a fifth of the start: among what is imported there is next to no rubbish; `serve` turns it on

from care_package.entrypoints.service import build  # noqa: E402 — see above
from homeward_kit.process import main  # noqa: E402 — see above

main(build)
