"""Run spa-intake: `python -m spa_intake serve` or `migrate`."""

from homeward_kit.process import main
from spa_intake.entrypoints.service import build

if __name__ == "__main__":
    main(build)
