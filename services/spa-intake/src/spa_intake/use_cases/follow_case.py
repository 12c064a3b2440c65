"""Keep what a ward sees of the case: its state, the pathway and the target date."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.events.consumed import CaseEvent

from .news import take_case_news


async def follow_case(tx: Tx, received: Received[CaseEvent]) -> None:
    """An event older than what is known changes nothing."""
    await take_case_news(tx, received)
