"""Whose the rows are that broke a rule, for the sentence of a rule that speaks of them."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from vrn.feeds.contract import Contract
from vrn.feeds.grammar import UNEXPECTED_ROWS_QUERY
from vrn.feeds.rules import Rule

# The name of a place or a force, as open data have them.
NAME = r"^[A-Z][A-Za-z .'-]{2,40}$"
MOST_SAID = 3


def told(engine: sa.Engine, rule: Rule, contract: Contract) -> Rule:
    """A rule that failed, with what most of its rows say in its sentence.

    Codes of the feed's suppliers are repeated, and the names of places and forces where everybody may read the feed.
    """
    known = [code for supplier in contract.suppliers.values() for code in supplier.codes]
    query = rule.kwargs[UNEXPECTED_ROWS_QUERY].replace(":", r"\:")
    asked = sa.text(
        f"select says from ({query}) as found where says = any(:known) or (:is_open and says ~ :name) "
        "group by says order by count(*) desc, says limit :most"
    )
    said = {"known": known, "is_open": not contract.needs_agreement, "name": NAME, "most": MOST_SAID}
    with engine.connect() as connection:
        says = connection.execute(asked, said).scalars().all()
    return replace(rule, description=rule.sentence(says))
