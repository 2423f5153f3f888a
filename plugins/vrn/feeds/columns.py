"""The columns of a feed file: what a column is called there and here, of which type it is, and what privacy asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vrn.feeds import grammar
from vrn.feeds.grammar import LOGICAL_TYPES, custom


@dataclass(frozen=True)
class Column:
    """One column of an entity: its name here, its names in the file, its type and its privacy class.

    headings: of a column that is dropped, the pattern of any number of the file's headings that it stands for.
    """

    name: str
    source_names: tuple[str, ...]
    headings: re.Pattern[str] | None
    logical_type: str
    form: str | None
    classification: str
    identifier_domain: str | None
    age_at: str | None
    match_as: str | None
    verdict: Mapping[str, Any]
    case: str | None
    is_optional: bool
    codes: tuple[str, ...]
    labels: Mapping[str, str]
    means: Mapping[str, str]
    is_percent: bool
    may_be_withheld: bool
    is_judged_only: bool
    examples: tuple[str, ...]
    description: str
    synthetic: Mapping[str, Any]

    @property
    def is_stored(self) -> bool:
        """Whether the column is one of the entity's raw table; match codes have a table of their own."""
        return self.classification not in ("drop", "match")

    @property
    def has_check(self) -> bool:
        """Whether an identifier is verified before it is hashed, and a flag beside it says so."""
        return self.classification == "hash" and self.identifier_domain in grammar.CHECKED_DOMAINS

    @property
    def stored(self) -> dict[str, str]:
        """The names and PostgreSQL types of what is stored for this column."""
        if not self.is_stored:
            return {}
        beside = {f"{self.name}_is_valid": "boolean"} if self.has_check else {}
        if self.may_be_withheld:
            beside[self.withheld_name] = "boolean"
        return {self.name: self.postgres_type} | beside

    @property
    def withheld_name(self) -> str:
        """The column that says of a number that its supplier knows it and does not say it: true, or NULL."""
        return f"{self.name}_is_withheld"

    @property
    def postgres_type(self) -> str:
        match self.classification:
            case "hash":
                return "uuid"
            case "lsoa":
                return "text"
            case "month":
                return "date"
            case "age":
                return "integer"
            case "verdict":
                return "boolean"
        return "timestamp" if (self.logical_type, self.form) == ("timestamp", "local") else LOGICAL_TYPES[self.logical_type]


def read(item: dict[str, Any]) -> Column:
    """A column of a feed file."""
    own = custom(item)
    synonyms = tuple(entry["synonym"] for entry in item.get("synonyms", []))
    enum = item.get("enum", [])
    return Column(
        name=item["name"],
        source_names=(item.get("physicalName", item["name"]), *synonyms),
        headings=re.compile(own["headings"], re.IGNORECASE) if "headings" in own else None,
        logical_type=item["logicalType"],
        form=item.get("logicalTypeOptions", {}).get("format"),
        classification=item["classification"],
        identifier_domain=own.get("identifierDomain"),
        age_at=own.get("ageAt"),
        match_as=own.get("matchAs"),
        verdict=own.get("verdict", {}),
        case=own.get("case"),
        is_optional=own.get("optional", False),
        codes=tuple(str(entry["value"]) for entry in enum),
        labels={str(entry["value"]): entry["label"] for entry in enum if "label" in entry},
        means={str(written): str(meant) for written, meant in own.get("means", {}).items()},
        is_percent=own.get("percent", False),
        may_be_withheld=grammar.may_be_withheld(item),
        is_judged_only=own.get("judgedOnly", False),
        examples=tuple(map(str, item.get("examples", []))),
        description=item.get("description", ""),
        synthetic=own.get("synthetic", {}),
    )
