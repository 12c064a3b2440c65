"""What the staff interface reads: every journey and its timeline, fed by a consumer group of its own."""

from .live import GROUP, Live
from .projections import HANDLERS

__all__ = ["GROUP", "HANDLERS", "Live"]
