"""The rules of a feed file: what is judged, what follows when it fails, and the sentence that the supplier reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vrn.feeds.columns import Column
from vrn.feeds.grammar import DIFFERING_CODE, NOT_NULL, PREVIOUS, SAYS, UNEXPECTED_ROWS, UNEXPECTED_ROWS_QUERY, UNREADABLE_CODE
from vrn.feeds.period import Period
from vrn.feeds.suppliers import Supplier


@dataclass(frozen=True)
class Rule:
    """One judgement: a code, what follows when it fails, a sentence for the supplier, and the GX expectation."""

    code: str
    outcome: str
    description: str
    expectation: str
    kwargs: Mapping[str, Any]

    @property
    def looks_back(self) -> bool:
        """Whether the rule compares with the delivery that serves for the period before."""
        return PREVIOUS in self.kwargs.get(UNEXPECTED_ROWS_QUERY, "")

    def sentence(self, says: Sequence[str] = ()) -> str:
        """The description. says: the codes of other suppliers that rows were found to say, where it speaks of them."""
        return self.description.replace(SAYS, " and ".join(says) or "another supplier")


# Judged for every feed: the reader marks what it could not read, and this rule sets those rows aside.
UNREADABLE = Rule(
    code=UNREADABLE_CODE,
    outcome="record",
    description="A cell cannot be read in its column's type: a day, number, time or yes/no that is none, or in another form.",
    expectation="expect_column_values_to_be_null",
    kwargs={"column": "unreadable_columns"},
)


def differing(column: Column, others: Sequence[str]) -> Rule:
    """Rows alike in every column are one where this one is filled; those that have it in common and differ elsewhere are said.

    others: all that is stored of a row.
    """
    key, stored = (", ".join(f'"{name}"' for name in names) for names in ([column.name], others))
    repeated = f"select {key} from {{batch}} where {key} is not null group by {key} having count(*) > 1"
    different = f"select distinct {stored} from {{batch}} where {key} in ({repeated})"
    query = (
        f"select row_number from {{batch}} where {key} in "
        f"(select {key} from ({different}) as different group by {key} having count(*) > 1)"
    )
    return Rule(
        code=DIFFERING_CODE,
        outcome="warning",
        description=(
            f"Rows have the same '{column.source_names[0]}' and differ in another column. All of them count; if they are one, "
            "send the file again with the row that is right."
        ),
        expectation=UNEXPECTED_ROWS,
        kwargs={UNEXPECTED_ROWS_QUERY: query},
    )


def read(rule: Mapping[str, Any], column: str | None, codes: Mapping[str, Sequence[str]], stands_for: Mapping[str, Any]) -> Rule:
    """A rule of a feed file. codes: the code list of each column. stands_for: what its placeholders stand for (`placeholders`)."""
    implementation = rule["implementation"]
    kwargs = {name: _filled(value, stands_for) for name, value in implementation.get("kwargs", {}).items()}
    if column is not None and implementation["type"] != UNEXPECTED_ROWS:
        kwargs.setdefault("column", column)
    if implementation["type"] == "expect_column_values_to_be_in_set":
        kwargs.setdefault("value_set", codes[kwargs["column"]])
    said = {name: ", ".join(value) if isinstance(value, tuple) else value for name, value in stands_for.items()}
    description = _filled(" ".join(rule["description"].split()), said)
    return Rule(rule["name"], rule["severity"], description, implementation["type"], kwargs)


def but_withheld(rule: Rule, withheld: Mapping[str, str]) -> Rule:
    """The rule as it is judged where a number may be known to its supplier and not said: such a number is not missing.

    withheld: of each column whose numbers may be withheld, the column that says so.
    """
    of_column = withheld.get(rule.kwargs.get("column", ""))
    if of_column is None or rule.expectation != NOT_NULL or "row_condition" in rule.kwargs:
        return rule
    said = {"type": "nullity", "column": {"name": of_column}, "is_null": True}
    return replace(rule, kwargs={**rule.kwargs, "row_condition": said})


def placeholders(period: Period, supplier: Supplier | None) -> dict[str, Any]:
    """What a rule's placeholders stand for: texts, and a tuple of texts for the codes by which rows name the supplier."""
    of_supplier = {"supplier": supplier.code, "supplier_codes": supplier.codes} if supplier else {}
    return period.placeholders() | of_supplier


def _filled(value: Any, stands_for: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(one, stands_for) for one in value]
    if not isinstance(value, str):
        return value
    for name, meant in stands_for.items():
        if isinstance(meant, str):
            value = value.replace("${" + name + "}", meant)
        elif value == "${" + name + "}":
            return list(meant)
        else:
            # As a list in SQL, such as `code not in (${supplier_codes})`.
            value = value.replace("${" + name + "}", ", ".join("'" + one.replace("'", "''") + "'" for one in meant))
    return value
