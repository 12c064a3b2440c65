"""How something is and how it would be, line by line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """A line with its value now and as somebody wants it."""

    label: str
    now: str
    then: str

    @property
    def is_changed(self) -> bool:
        return self.now != self.then
