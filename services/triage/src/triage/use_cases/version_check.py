"""How a step learns whether the caller saw the case as it now is: it refuses any other version."""

from collections.abc import Callable

VersionCheck = Callable[[int], None]
