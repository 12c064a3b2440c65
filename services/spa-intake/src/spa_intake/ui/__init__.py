"""The staff interface: pages rendered here, facts read from the read model, changes sent to their owners over HTTP."""

from .app import live_task, mount
from .parts import UiParts

__all__ = ["UiParts", "live_task", "mount"]
