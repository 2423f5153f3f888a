"""Data Docs: Great Expectations' own page of one validation, kept in the home and readable without any network.

GX's page asks half a dozen hosts for styles, scripts and a logo. Nothing here may do so: those tags are taken out and
a small style sheet of ours is put in. The pages hold rules and counts; GX was asked for no values (see judging.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from vrn import whole_file
from vrn.feeds.contract import Contract
from vrn.gate.judging import Verdict
from vrn.ledger.store import Submission
from vrn.settings import Settings

EXTERNAL = (
    r"<script\b[^>]*\bsrc=\"https?://[^>]*>\s*</script>",
    r"<link\b[^>]*\bhref=\"https?://[^>]*>",
    r"<img\b[^>]*\bsrc=\"https?://[^>]*>",
    r"url\(['\"]?https?://[^)]*\)",
    r"<a\b[^>]*\bhref=\"https?://[^>]*>.*?</a>",
    # GX's own scripts call the libraries that were just taken out.
    r"<script\b(?![^>]*\bsrc=)[^>]*>.*?</script>",
)
STYLE = (Path(__file__).parent / "data_docs.css").read_text(encoding="utf-8")


def page_path(settings: Settings, feed: str, submission_id: int, entity: str = "") -> Path:
    """The page of a submission's main entity, or of another one."""
    return settings.data_docs / feed / f"{submission_id:06d}{f'-{entity}' if entity else ''}.html"


def write(settings: Settings, submission: Submission, contract: Contract, verdict: Verdict, rows: Mapping[str, int]) -> Path:
    """Render a page for each entity, the first linking to the others. rows: those of each entity's table. Returns the first."""
    names = [entity.name for entity in contract.entities]
    pages = {
        name: page_path(settings, submission.feed, submission.submission_id, "" if name == names[0] else name) for name in names
    }
    pages[names[0]].parent.mkdir(parents=True, exist_ok=True)
    links = "".join(f'<a href="{page.name}">{name}</a> ' for name, page in pages.items()) if len(names) > 1 else ""
    for name, page in pages.items():
        title = f"{submission.file_name}: {name} (submission {submission.submission_id})"
        # Replay makes a page anew.
        whole_file.write(page, render(verdict, name, rows[name], title, links), is_synced=False)
    return pages[names[0]]


def render(verdict: Verdict, entity: str, rows: int, title: str, links: str) -> str:
    """The page of an entity as HTML that asks no other host for anything."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    result = verdict.results[entity]
    _add_counts(verdict, entity, rows)
    html = _view().render(ValidationResultsPageRenderer(run_info_at_end=True).render(result))
    for pattern in EXTERNAL:
        html = re.sub(pattern, "", html, flags=re.DOTALL | re.IGNORECASE)
    html = re.sub(r"<title>.*?</title>", f"<title>{title}</title>", html, flags=re.DOTALL)
    html = html.replace("</head>", f"<style>{STYLE}</style></head>", 1)
    return re.sub(r"(<body[^>]*>)", rf"\1<nav>{links}</nav>", html, count=1) if links else html


def load() -> None:
    """Compile the templates of a page."""
    env = _view().env
    for name in env.list_templates(filter_func=lambda name: name.endswith(".j2") and not name.startswith("markdown")):
        env.get_template(name)


@cache
def _view():
    """GX's page, whose templates are compiled once, and not looked for anew at every use."""
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView()
    view.env.auto_reload = False
    return view


def _add_counts(verdict: Verdict, entity: str, rows: int) -> None:
    """GX was asked for yes or no only; the page also shows how many rows broke each rule."""
    counts = {outcome.rule.code: outcome.rows for outcome in verdict.outcomes if outcome.entity == entity}
    for item in verdict.results[entity].results:
        broke = counts[item.expectation_config.meta["rule_code"]]
        if broke is not None:
            item.result |= {
                "unexpected_count": broke,
                "element_count": rows,
                "unexpected_percent": 100 * broke / max(rows, 1),
            }
