"""The words of a statement, by PostgreSQL's own lexical rules, with what could be a value told from what names a thing.

Nothing after this sees a value: a literal has no text. What cannot be told apart for sure is Unclear, and is then kept out whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WORD, QUOTED, STRING, NUMBER, PARAMETER, SYMBOL = "word", "quoted", "string", "number", "parameter", "symbol"

# PostgreSQL's classes: every character beyond ASCII may begin a name, and only these six are space.
_START, _REST = r"[A-Za-z_\x80-\U0010ffff]", r"[A-Za-z0-9_$\x80-\U0010ffff]"
_SPACE = re.compile(r"(?:[ \t\n\r\f\v]+|--[^\n\r]*)+")
_COMMENT = re.compile(r"/\*|\*/")
_TOKENS = re.compile(
    rf"""
    (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<bits>[bBxX]'[^'\\]*')
    | (?P<unicode>[uU]&['"])
    | (?P<plain>[nN]?'(?:[^']|'')*')
    | \$(?P<tag>(?:{_START}[A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$
    | (?P<parameter>\$[0-9]+)
    | (?P<number>0[xXoObB][0-9A-Fa-f_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>{_START}{_REST}*)
    | (?P<quoted>"(?:[^"]|"")+")
    | (?P<symbol>[^'"$\x00])
    """,
    re.DOTALL | re.VERBOSE,
)


class Unclear(ValueError):
    """A text in which values cannot be told from names. It has no message: that could only quote the text."""


@dataclass(frozen=True)
class Token:
    """text: the name as the database knows it (a word in small letters, a quoted name without its quotes); '' for a literal.
    spaced: whether space or a comment stands before it."""

    kind: str
    text: str
    spaced: bool

    def is_word(self, *words: str) -> bool:
        return self.kind == WORD and self.text in words

    def is_symbol(self, symbol: str) -> bool:
        return self.kind == SYMBOL and self.text == symbol

    @property
    def is_name(self) -> bool:
        return self.kind in (WORD, QUOTED)


def tokens(text: str) -> list[Token]:
    """The tokens of a text, without its comments. Raises Unclear."""
    return list(_tokens(text))


def statements(found: list[Token]) -> list[list[Token]]:
    """The statements of a text, as its tokens."""
    parts: list[list[Token]] = [[]]
    for token in found:
        if token.is_symbol(";"):
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _tokens(text: str) -> Iterator[Token]:
    at, spaced = 0, False
    while at < len(text):
        if space := _SPACE.match(text, at):
            at, spaced = space.end(), True
        elif text.startswith("/*", at):
            at, spaced = _end_of_comment(text, at), True
        else:
            found = _TOKENS.match(text, at)
            if found is None or found["unicode"]:
                raise Unclear
            yield _token(found, spaced)
            at, spaced = found.end(), False


def _token(found: re.Match, spaced: bool) -> Token:
    if found["word"]:
        return Token(WORD, _small(found["word"]), spaced)
    if found["quoted"]:
        return Token(QUOTED, found["quoted"][1:-1].replace('""', '"'), spaced)
    if found["symbol"]:
        return Token(SYMBOL, found["symbol"], spaced)
    if found["parameter"]:
        return Token(PARAMETER, found["parameter"], spaced)
    if found["number"]:
        return Token(NUMBER, "", spaced)
    if found["plain"] and "\\" in found["plain"]:
        # Whether a backslash escapes the quote after it depends on a setting that any session may change.
        raise Unclear
    return Token(STRING, "", spaced)


def _small(word: str) -> str:
    """As the server does in UTF-8: it makes the letters of ASCII small and no others."""
    return "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in word)


def _end_of_comment(text: str, at: int) -> int:
    """Comments in comments are PostgreSQL's."""
    depth = 0
    for mark in _COMMENT.finditer(text, at):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    raise Unclear
