"""Which screens beside the worklist stand in the header, by role."""

from collections.abc import Sequence
from dataclasses import dataclass

RULE_CHANGERS = frozenset({"manager", "operator"})
SUBSCRIBERS = frozenset({"manager", "operator"})


@dataclass(frozen=True)
class Screen:
    """`section` is what the page of the screen calls itself."""

    section: str
    text: str
    path: str
    roles: frozenset[str]


SCREENS = (
    Screen("rules", "Acceptance rules", "/acceptance-rules", RULE_CHANGERS | {"coordinator"}),
    Screen("subscriptions", "Subscriptions", "/subscriptions", SUBSCRIBERS),
)


def of_role(role: str) -> Sequence[Screen]:
    """What this role works with; every member of staff may read the rules, who decides needs them at hand."""
    return [screen for screen in SCREENS if role in screen.roles]
