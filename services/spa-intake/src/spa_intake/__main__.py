"""Run spa-intake: `python -m spa_intake serve` or `migrate`."""

import gc

gc.disable()  # a fifth of the start: among what is imported there is next to no rubbish; `serve` turns it on

from homeward_kit.process import main  # noqa: E402 — see above
from spa_intake.entrypoints.service import build  # noqa: E402 — see above

if __name__ == "__main__":
    main(build)
