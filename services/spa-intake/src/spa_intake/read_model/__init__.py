"""What the staff interface reads: every journey and its timeline, fed by a consumer group of its own."""

from .keeper import Keeper
from .live import Live
from .operations import router
from .projections import HANDLERS

__all__ = ["HANDLERS", "Keeper", "Live", "router"]
