"""What the clients of a soak saw: every submit and every command with its outcome."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from homeward_local.demo.ways import Way


class Outcome(StrEnum):
    """How a request ended for the one who sent it."""

    OK = "ok"  # answered, and it said yes
    FAILED = "failed"  # answered, and it said no
    UNKNOWN = "unknown"  # never answered: it may have been done or not


@dataclass
class Submit:
    """One referral that a ward system sent."""

    nhs_number: str
    way: Way
    outcome: Outcome
    referral_id: str | None = None


@dataclass
class Promise:
    """A whole journey: what must be true of it in the end."""

    nhs_number: str
    is_discharged: bool
    comes_back: bool
    reached: str = "nothing"  # the last step that was done
    is_finished: bool = False
    trouble: str = ""


@dataclass
class History:
    """The whole of it; filled by many clients on one event loop."""

    submits: list[Submit] = field(default_factory=list)
    journeys: list[Promise] = field(default_factory=list)
    acknowledged_events: dict[str, list[str]] = field(default_factory=dict)  # by service: ids that answers named
    commands: Counter[Outcome] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)  # why a request was sent again

    def submits_of(self, outcome: Outcome) -> list[Submit]:
        return [submit for submit in self.submits if submit.outcome is outcome]

    def note_answer(self, service: str, outcome: Outcome, event_ids: str) -> None:
        """A command was answered; `event_ids` as in its header Homeward-Events."""
        self.commands[outcome] += 1
        if outcome is Outcome.OK and event_ids:
            self.acknowledged_events.setdefault(service, []).extend(event_ids.split(","))
