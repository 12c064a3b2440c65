"""What the interface is given by the process it runs in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeward_kit.database import Database
from spa_intake.read_model import Live


@dataclass(frozen=True)
class UiParts:
    """`mint_token` signs a 60-second token with which a service lets the interface act for a member of staff."""

    database: Database
    mint_token: Callable[[str, str, str, str], str]  # subject ("staff/<uuid>"), role, organisation, audience
    addresses: Mapping[str, str]  # of the four services, by name
    assets: Path | None
    secret: str
    is_demo: bool = False
    live: Live = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "live", Live(self.database))
