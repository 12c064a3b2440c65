"""Assets are built once per state of their sources, and an unreachable registry is one sentence."""

from pathlib import Path

import pytest

from homeward_local.assets import ensure_assets
from homeward_local.errors import StackError

PARTS = ("static/names.json", "swagger-ui/swagger-ui-bundle.js", "test/axe.min.js", "fhir.schema.json")


def test_what_is_built_is_found_again_at_once() -> None:
    folder = ensure_assets(print)
    said: list[str] = []
    assert ensure_assets(said.append) == folder
    assert said == []
    assert all((folder / part).is_file() for part in PARTS)


def test_an_unreachable_registry_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(StackError, match="npm's registry cannot be reached"):
        ensure_assets(print, builds=tmp_path / "builds")
    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["lock"]
