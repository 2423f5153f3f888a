"""What a statement reads: the restricted tables and functions in it, and its text without a value.

sqlglot sees a text whose literals were replaced before. What it cannot take apart, or what runs text that nobody sees (DO, the
body of a function, query_to_xml), is not understood: it counts as a read of the unknown, and nothing of its text is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from vrn.access.audit import names
from vrn.access.audit.catalogue import Catalogue
from vrn.access.audit.lexer import NUMBER, QUOTED, STRING, WORD, Token, Unclear, statements, tokens
from vrn.access.audit.names import HIDDEN

# It says on its own log which text it could not take apart.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

# Stand-ins for literals, such that the text is still SQL.
FOR_STRING, FOR_NUMBER = "'x'", "1"
# A longer text would hold up the audit, and say nothing to who reads it.
MOST_CHARACTERS = 200_000
UNKNOWN = "UNKNOWN"
# They read no table. FETCH goes on with a cursor, whose DECLARE has been recorded.
READ_NOTHING = (
    "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "set", "reset", "show", "discard", "fetch",
    "move", "close", "deallocate", "listen", "unlisten", "notify", "checkpoint", "lock",
)  # fmt: skip
PARSED = ("select", "with", "values", "insert", "update", "delete", "merge", "create")
# A CREATE of one of these has a body that runs later.
WITH_BODY = ("function", "procedure", "trigger", "rule", "event", "aggregate")
# Functions that run the text which they are given, or read what it names.
RUN_TEXT = (
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "table_to_xml", "table_to_xmlschema",
    "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema", "database_to_xml",
    "database_to_xml_and_xmlschema", "ts_stat", "ts_rewrite",
)  # fmt: skip
BEFORE_TABLE = ("union", "all", "except", "intersect", "distinct")


@dataclass(frozen=True)
class Reading:
    """What one text does. objects: restricted tables (schema.name) and functions (schema.name()) in it, in order of names; a
    name found nowhere stands alone. statement: its text with every literal a question mark, None where it was not understood."""

    command: str
    objects: tuple[str, ...]
    statement: str | None
    is_understood: bool

    @property
    def is_of_interest(self) -> bool:
        return bool(self.objects) or not self.is_understood


class _NotUnderstood(ValueError):
    """It has no message: that could only quote the text."""


def understand(text: str, catalogue: Catalogue, role: str, *, prepared: str | None = None, is_refused: bool = False) -> Reading:
    """Take a text of a role apart. prepared: the PREPARE that an EXECUTE in it stands for, where the log said it."""
    try:
        if len(text) > MOST_CHARACTERS:
            raise Unclear
        found = tokens(text)
        parts = statements(found)
    except Unclear:
        return Reading(UNKNOWN, (), None, False)
    objects, aliases, is_understood = names.named_in_full(found, catalogue), set(), True
    for part in parts:
        try:
            body = _body(part, prepared if _executes(parts) == 1 else None)
            objects |= names.functions(body, catalogue)
            for tree in _trees(body):
                objects |= set(names.tables(tree, catalogue, role, is_refused))
                aliases |= names.aliases(tree)
        except _NotUnderstood:
            is_understood = False
    return Reading(
        command=_command(parts, catalogue),
        objects=tuple(sorted(objects)),
        statement=_shown(found, catalogue, aliases) if is_understood else None,
        is_understood=is_understood,
    )


def _command(parts: Sequence[Sequence[Token]], catalogue: Catalogue) -> str:
    """The first words of the statements. A first word that is no word of SQL may be a value."""
    first = (next((token for token in part if not token.is_symbol("(")), part[0]) for part in parts)
    known = [token.text.upper() if token.kind == WORD and token.text in catalogue.words else UNKNOWN for token in first]
    return ", ".join(dict.fromkeys(known)) or UNKNOWN


def _executes(parts: Sequence[Sequence[Token]]) -> int:
    return sum(part[0].is_word("execute") for part in parts)


def _body(part: Sequence[Token], prepared: str | None) -> Sequence[Token]:
    """The query within EXPLAIN, PREPARE, DECLARE, EXECUTE and COPY; nothing of what reads nothing. Raises _NotUnderstood."""
    first = part[0]
    if first.is_word(*READ_NOTHING):
        return []
    if first.is_word("explain"):
        rest = _after_brackets(part[1:]) if len(part) > 1 and part[1].is_symbol("(") else part[1:]
        while rest and rest[0].is_word("analyze", "analyse", "verbose"):
            rest = rest[1:]
        return _body(rest, None) if rest else []
    if first.is_word("prepare", "declare"):
        return _body(_after_word(part, "as" if first.is_word("prepare") else "for"), None)
    if first.is_word("execute"):
        return _of_prepared(prepared)
    if first.is_word("copy"):
        if len(part) > 1 and part[1].is_symbol("("):
            return _body(_within_brackets(part[1:]), None)
        return [Token(WORD, "table", False), *part[1 : names.end_of_name(part, 1)]]
    if first.is_word("create") and any(token.is_word(*WITH_BODY) for token in part[1:5]):
        raise _NotUnderstood
    if first.is_word(*PARSED, "table") or first.is_symbol("("):
        return part
    raise _NotUnderstood


def _of_prepared(prepared: str | None) -> Sequence[Token]:
    if prepared is None:
        raise _NotUnderstood
    try:
        parts = statements(tokens(prepared))
    except Unclear:
        raise _NotUnderstood from None
    # Several statements sent together are logged together; which of them was prepared is not said.
    if len(parts) != 1 or not parts[0][0].is_word("prepare"):
        raise _NotUnderstood
    return _body(parts[0], None)


def _after_word(part: Sequence[Token], word: str) -> Sequence[Token]:
    for place, token in enumerate(part):
        if token.is_word(word) and part[place + 1 :]:
            return part[place + 1 :]
    raise _NotUnderstood


def _within_brackets(part: Sequence[Token]) -> Sequence[Token]:
    inside = part[1 : len(part) - len(_after_brackets(part)) - 1]
    if not inside:
        raise _NotUnderstood
    return inside


def _after_brackets(part: Sequence[Token]) -> Sequence[Token]:
    depth = 0
    for place, token in enumerate(part):
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth == 0:
            return part[place + 1 :]
    raise _NotUnderstood


def _trees(body: Sequence[Token]) -> Iterator[exp.Expression]:
    if not body:
        return
    for tree in _parsed(_for_parser(body)):
        if tree is None or tree.find(exp.Command) or not isinstance(tree, (exp.Query, exp.DML, exp.Create, exp.Merge, exp.Values)):
            raise _NotUnderstood
        yield tree


def _parsed(text: str) -> list[exp.Expression | None]:
    try:
        return sqlglot.parse(text, dialect="postgres")
    except Exception:
        # A slip of the parser's own must not stop the audit: what it cannot take apart is a read of the unknown.
        raise _NotUnderstood from None


def _for_parser(body: Sequence[Token]) -> str:
    words, before = [], None
    for token in body:
        if token.is_word(*RUN_TEXT) or (token.kind == QUOTED and token.text in RUN_TEXT):
            raise _NotUnderstood
        if token.kind == STRING:
            # Two strings side by side are one.
            text = "" if before is not None and before.kind == STRING else FOR_STRING
        elif token.kind == NUMBER:
            text = FOR_NUMBER
        elif token.kind == QUOTED:
            text = _quoted(token.text)
        elif token.is_word("table") and (before is None or before.is_symbol("(") or before.is_word(*BEFORE_TABLE)):
            text = "select * from"
        else:
            text = token.text
        # A string keeps its distance, or the letter before it would be part of it.
        words.append(f" {text}" if token.spaced or token.kind == STRING or text.startswith("select") else text)
        before = token
    return "".join(words).strip()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shown(found: Sequence[Token], catalogue: Catalogue, aliases: set[str]) -> str:
    """The text with a question mark for every literal, and for every name that neither the database nor the statement knows."""
    words = []
    for token in found:
        if token.kind in (STRING, NUMBER):
            text = HIDDEN
        elif token.is_name:
            is_known = token.text in catalogue.words or token.text in aliases
            text = HIDDEN if not is_known else token.text if token.kind == WORD else _quoted(token.text)
        else:
            text = token.text
        words.append(f" {text}" if token.spaced else text)
    return "".join(words).strip()
