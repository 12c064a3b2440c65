"""Keep what a ward sees of the care package: its state and what holds it."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.events.consumed import PackageEvent

from .news import take_package_news


async def follow_package(tx: Tx, received: Received[PackageEvent]) -> None:
    """An event older than what is known changes nothing."""
    await take_package_news(tx, received)
