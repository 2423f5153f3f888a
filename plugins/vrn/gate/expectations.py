"""A rule of a feed file as Great Expectations takes it, and what GX says of one that it could not judge."""

from __future__ import annotations

from typing import Any

from vrn.feeds.rules import Rule


def of(rule: Rule):
    """The rule as an expectation. Raises what GX raises for one that it does not know, or whose kwargs it does not take."""
    from great_expectations.expectations.registry import get_expectation_impl
    from great_expectations.expectations.row_conditions import deserialize_row_condition

    kwargs: dict[str, Any] = dict(rule.kwargs)
    if "row_condition" in kwargs:
        kwargs["row_condition"] = deserialize_row_condition(kwargs["row_condition"])
    return get_expectation_impl(rule.expectation)(**kwargs, meta={"rule_code": rule.code}, notes=rule.sentence())


def raised(item) -> str | None:
    """What the exception says that GX met on the way to a result, None where it met none.

    Its shape differs between one exception and one for each metric.
    """
    info = item.exception_info or {}
    for one in (info, *info.values()):
        if isinstance(one, dict) and one.get("raised_exception"):
            return str(one.get("exception_message") or "it raised an exception")
    return None
