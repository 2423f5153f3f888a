"""How pages are made from templates: escaped, without a blank line too many, and with what all pages share within reach."""

from __future__ import annotations

from pathlib import Path

import jinja2

SHARED = Path(__file__).parent / "templates"


def environment(own: Path) -> jinja2.Environment:
    """The templates of a folder and the shared ones. A name that a page does not give is an error and not a blank."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([own, SHARED]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
