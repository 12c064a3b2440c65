"""Keep what a ward sees of the thirty days after the discharge."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.events.consumed import WatchEvent

from .news import take_watch_news


async def follow_watch(tx: Tx, received: Received[WatchEvent]) -> None:
    """An event older than what is known changes nothing."""
    await take_watch_news(tx, received)
