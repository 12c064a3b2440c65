"""A form that somebody sent: from a page of ours, in this session, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.responses import Response
from starlette.datastructures import FormData

from .context import SignedIn
from .problems import error_page
from .security import is_same_origin

OURS = frozenset({"form_token", "version", "confirmed", "again"})


@dataclass(frozen=True)
class Sent:
    """`number` makes the form count once, `version` is what its sender had seen."""

    data: FormData
    number: str
    version: int | None

    @property
    def is_confirmed(self) -> bool:
        """The button of a page that asked whether it was really meant."""
        return "confirmed" in self.data

    @property
    def is_again(self) -> bool:
        """The form is wanted back with what was typed: nothing is to be done yet."""
        return "again" in self.data

    def typed(self) -> Sequence[tuple[str, str]]:
        """What was typed, for a page that gives it back."""
        return [(name, str(value)) for name, value in self.data.multi_items() if name not in OURS]


async def sent_form(user: SignedIn, back: str) -> Sent | Response:
    """The form of this request, or the page that says why it does not count."""
    data = await user.request.form()
    number = user.ui.tokens.number(user.session, str(data.get("form_token", "")))
    if number is None or not is_same_origin(user.request):
        sentence = "This form is no longer valid. Go back, load the page again and send the form once more."
        return error_page(user.request, 403, sentence, user=user, back=back)
    seen = str(data.get("version", ""))
    return Sent(data, number, int(seen) if seen.isdigit() else None)
