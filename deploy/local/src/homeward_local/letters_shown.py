"""Dead letters as tables and sentences for a terminal."""

from collections.abc import Sequence

from rich.table import Table

from .letters import SHORT, Letter, Outcome

_DONE = {"repair": "Repaired", "replay": "Replayed", "discard": "Discarded"}
_WOULD = {"repair": "Would repair", "replay": "Would replay", "discard": "Would discard"}


def table_of(letters: Sequence[Letter]) -> Table:
    """One line a letter, without anything of what it says."""
    table = Table("id", "service", "group", "event", "topic", "why", "parked", "state", "since", box=None)
    for letter in letters:
        table.add_row(
            letter.id[:SHORT],
            letter.service,
            letter.group,
            short_type(letter.type),
            letter.topic,
            letter.error_code,
            str(letter.parked),
            letter.state,
            f"{letter.recorded_at[:10]} {letter.recorded_at[11:16]}",
        )
    return table


def description(letter: Letter) -> list[tuple[str, str]]:
    """A letter's facts as pairs of a name and a value."""
    return [
        ("letter", letter.id),
        ("service", letter.service),
        ("consumer group", letter.group),
        ("event", f"{letter.type or 'unknown'} {letter.event_id or 'without an id'}"),
        ("record", f"{letter.topic} partition {letter.partition} offset {letter.offset}"),
        ("key", letter.key),
        ("why", f"{letter.error_code} ({letter.error_class})"),
        ("state", letter.state),
        ("parked behind it", str(letter.parked)),
        ("recorded at", letter.recorded_at),
    ]


def short_type(kind: str | None) -> str:
    """The type without what all have: `referral.received`."""
    return kind.removeprefix("discharge.").rpartition(".v")[0] if kind else "unknown"


def sentence(outcome: Outcome) -> str:
    """What was done, or would be, and what an operator does next."""
    words = _WOULD if outcome.is_dry_run else _DONE
    what = f"{words[outcome.verb]} letter {outcome.letter.id[:SHORT]} of {outcome.letter.service}"
    if outcome.has_failed:
        return f"The letter cannot be replayed yet: {outcome.error_code}. Nothing was changed."
    if outcome.verb == "repair":
        what += "; replay it next"
    else:
        what += f"; of what is parked behind it {outcome.parked_applied} applied, {outcome.parked_left} left"
    return f"{what}. Nothing was changed: add --for-real to do it." if outcome.is_dry_run else f"{what}."
