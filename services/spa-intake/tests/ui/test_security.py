"""Form tokens belong to a session; only our own paths are gone to after signing in."""

import pytest

from spa_intake.ui.security import FormTokens, safe_path


def test_a_token_counts_in_its_own_session_only() -> None:
    tokens = FormTokens("secret")
    token = tokens.make("session-a")
    assert tokens.number("session-a", token) == token.partition(".")[0]
    assert tokens.number("session-b", token) is None
    assert tokens.number("session-a", "anything.else") is None
    assert FormTokens("another secret").number("session-a", token) is None


def test_two_tokens_differ() -> None:
    tokens = FormTokens("secret")
    assert tokens.make("session") != tokens.make("session")


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", "", None, "/a\nb"])
def test_other_places_are_not_gone_to(path: str | None) -> None:
    assert safe_path(path) == "/worklist"


def test_a_path_of_ours_is() -> None:
    assert safe_path("/referrals/1") == "/referrals/1"
