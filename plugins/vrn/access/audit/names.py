"""What a statement names: its tables and functions that are restricted, and the names that it makes up itself.

The parser says what it takes for a table; the net under it is every name that stands in full, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot import exp

from vrn.access.audit.catalogue import OPEN_SCHEMAS, Catalogue
from vrn.access.audit.lexer import Token

HIDDEN = "?"
# An alias that reads like a name in this database; others may be a value between the wrong quotes.
ALIAS = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def end_of_name(part: Sequence[Token], start: int) -> int:
    """The place after a name that begins at a place, with all that it is qualified by."""
    end = start + 1
    while end + 1 < len(part) and part[end].is_symbol("."):
        end += 2
    return end


def _known_as(identifier: exp.Expression | None) -> str:
    """A name as the database knows it."""
    if not isinstance(identifier, exp.Identifier):
        return ""
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()


def tables(tree: exp.Expression, catalogue: Catalogue, role: str, is_refused: bool) -> Iterator[str]:
    """The restricted tables of a parsed statement of a role, as schema.name; a name found nowhere stands alone."""
    for table in tree.find_all(exp.Table):
        name, schema = _known_as(table.this), _known_as(table.args.get("db"))
        if not name or (not schema and (_is_made_here(table) or _is_of_with(table, name))):
            continue
        schemas = [schema] if schema else catalogue.meant(name, role, is_refused=is_refused)
        if not schemas:
            # A temporary table, or one that is there no more.
            yield name if name in catalogue.words or ALIAS.fullmatch(name) else HIDDEN
        for one in schemas:
            if catalogue.is_restricted(one, name):
                yield f"{one}.{name}"


def _is_made_here(table: exp.Table) -> bool:
    """Whether a name is of a table that the statement makes (INTO, CREATE) or an alias that it locks."""
    parent = table.parent.parent if isinstance(table.parent, exp.Schema) else table.parent
    return isinstance(parent, (exp.Into, exp.Create, exp.Lock))


def _is_of_with(table: exp.Table, name: str) -> bool:
    """Whether a name is of a WITH query that is in sight where it stands: of one before it, or of any where it is recursive."""
    node = table.parent
    while node is not None:
        with_ = node.args.get("with_")
        for query in with_.expressions if isinstance(with_, exp.With) else ():
            if not with_.recursive and _contains(query, table):
                break
            if _known_as(query.args["alias"].this) == name:
                return True
        node = node.parent
    return False


def _contains(node: exp.Expression, inner: exp.Expression | None) -> bool:
    while inner is not None and inner is not node:
        inner = inner.parent
    return inner is node


def aliases(tree: exp.Expression) -> set[str]:
    """The names that a parsed statement gives to its tables and columns."""
    named = [alias.args.get("alias") for alias in tree.find_all(exp.Alias)]
    for alias in tree.find_all(exp.TableAlias):
        named += [alias.this, *alias.columns]
    return {known for name in named if ALIAS.fullmatch(known := _known_as(name))}


def _chains(found: Sequence[Token]) -> Iterator[tuple[list[str], bool]]:
    """Every name with what it is qualified by, and whether a bracket follows."""
    place = 0
    while place < len(found):
        if not found[place].is_name:
            place += 1
            continue
        end = end_of_name(found, place)
        yield [token.text for token in found[place:end:2]], end < len(found) and found[end].is_symbol("(")
        place = end


def named_in_full(found: Sequence[Token], catalogue: Catalogue) -> set[str]:
    """Restricted tables named with their schema, wherever they stand: a net under the parser."""
    return {
        f"{schema}.{name}"
        for chain, _ in _chains(found)
        for schema, name in pairwise(chain)
        if schema in catalogue.relations.get(name, ()) and catalogue.is_restricted(schema, name)
    }


def functions(found: Sequence[Token], catalogue: Catalogue) -> set[str]:
    """The functions called that are not the database's own or of statistics, as schema.name()."""
    called = set()
    for chain, has_bracket in _chains(found):
        *before, name = chain
        schemas = catalogue.routines.get(name, frozenset())
        if not has_bracket or "pg_catalog" in (before[-1:] or schemas):
            continue
        if not before:
            called |= {f"{schema}.{name}()" for schema in schemas if schema not in OPEN_SCHEMAS}
        elif before[-1] not in OPEN_SCHEMAS and before[-1] not in catalogue.relations.get(name, ()):
            # A function of a schema that is not known (pg_temp) may read anything.
            known = name if name in catalogue.words or ALIAS.fullmatch(name) else HIDDEN
            called.add(f"{before[-1] if before[-1] in catalogue.words else HIDDEN}.{known}()")
    return called
