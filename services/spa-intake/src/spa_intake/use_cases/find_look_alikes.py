"""Ask about records that are alike though nobody saw it when they came: two processes received them at one instant."""

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import merges


async def find_look_alikes(tx: Tx) -> int:
    """How many questions were raised; none while another process looks. What was asked before is not asked again."""
    if not await merges.is_first_to_look(tx):
        return 0
    raised = await merges.raise_unseen(tx)
    for duplicate_id in raised:
        await audit.record(tx, "find_look_alikes", f"possible-duplicate/{duplicate_id}")
    return len(raised)
