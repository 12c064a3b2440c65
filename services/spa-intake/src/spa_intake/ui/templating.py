"""Templates: ours over those of the NHS design system, with nothing undefined that hides a mistake of ours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader

TEMPLATES = Path(__file__).parent / "templates"


def make_environment(assets: Path, *, is_demo: bool) -> Environment:
    """The Jinja environment; `asset('homeward.css')` is the hashed name in the built folder."""
    names: Mapping[str, str] = json.loads((assets / "static" / "names.json").read_text())
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(TEMPLATES), PackageLoader("nhsuk_frontend_jinja")]),
        undefined=ChainableUndefined,  # the design system's macros read options that nobody gave
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared: Mapping[str, Any] = {  # Any: what templates take
        "asset": lambda name: f"/assets/{names[name]}",
        "assetPath": "/assets",
        "is_demo": is_demo,
    }
    environment.globals.update(shared)
    return environment
