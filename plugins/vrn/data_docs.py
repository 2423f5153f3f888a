"""Data Docs: Great Expectations' own page of one validation, kept in the home and readable without any network.

GX's page asks half a dozen hosts for styles, scripts and a logo. Nothing here may do so: those tags are taken out and
a small style sheet of ours is put in. The pages hold rules and counts; GX was asked for no values (see gate.py).
"""

from __future__ import annotations

import re
from pathlib import Path

from vrn.gate import Verdict
from vrn.settings import Settings
from vrn.submission import Submission

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


def page_path(settings: Settings, feed: str, submission_id: int) -> Path:
    return settings.data_docs / feed / f"{submission_id:06d}.html"


def write(settings: Settings, submission: Submission, verdict: Verdict) -> Path:
    """Render the page of one verdict; written aside and renamed, so that a reader never meets half a page."""
    path = page_path(settings, submission.feed, submission.submission_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(render(verdict, f"{submission.file_name} (submission {submission.submission_id})"), encoding="utf-8")
    aside.rename(path)
    return path


def render(verdict: Verdict, title: str) -> str:
    """The page as HTML that asks no other host for anything."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    _add_counts(verdict)
    html = DefaultJinjaPageView().render(ValidationResultsPageRenderer(run_info_at_end=True).render(verdict.result))
    for pattern in EXTERNAL:
        html = re.sub(pattern, "", html, flags=re.DOTALL | re.IGNORECASE)
    html = re.sub(r"<title>.*?</title>", f"<title>{title}</title>", html, flags=re.DOTALL)
    return html.replace("</head>", f"<style>{STYLE}</style></head>", 1)


def _add_counts(verdict: Verdict) -> None:
    """GX was asked for yes or no only; the page also shows how many rows broke each rule."""
    counts = {outcome.rule.code: outcome.rows for outcome in verdict.outcomes}
    for item in verdict.result.results:
        rows = counts[item.expectation_config.meta["rule_code"]]
        if rows is not None:
            item.result["unexpected_count"] = rows
