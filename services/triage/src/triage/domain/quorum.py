"""Who must take part in a decision: a policy per kind of referral and pathway."""

from collections.abc import Iterable
from dataclasses import dataclass

from .codes import Role


@dataclass(frozen=True)
class Quorum:
    """Each group must be met by at least one of its roles."""

    needed: tuple[frozenset[Role], ...]

    def missing(self, participants: Iterable[Role]) -> tuple[frozenset[Role], ...]:
        """The groups that nobody taking part belongs to."""
        present = set(participants)
        return tuple(group for group in self.needed if not group & present)
