"""YAML that a person wrote: what cannot be read is said with the file's name, the line and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from vrn.errors import VrnError, safe_text

NOT_UTF8 = "a character is not UTF-8, often a curly quotation mark or a dash from Windows; type it anew and save the file as UTF-8"
# Where a list's elements say what they are called, in the order in which they are asked.
NAMES = ("name", "property")
# What stands between a key and those below it, so that `schema.crime.month` finds the column.
WITHIN = ("value", "properties")


class NotYaml(VrnError):
    """A file that cannot be read as YAML. The message names the file, the line and what to do; `line` and `what` are its parts."""

    def __init__(self, name: str, line: int, what: str):
        super().__init__(f"{name}, line {line}: {what}.")
        self.line = line
        self.what = what


class _Loader(yaml.CSafeLoader):
    """Says where a day stands that is none, such as 2027-02-30."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> object:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            raise yaml.constructor.ConstructorError(problem=f"{node.value} is no day", problem_mark=node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def text(path: Path) -> str:
    """The file as text. Raises NotYaml."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotYaml(path.name, 1, f"it cannot be opened ({safe_text(error)}); make it a file that this user may read") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotYaml(path.name, line, f"{NOT_UTF8} (byte 0x{content[error.start]:02x})") from None


def parse(written: str, name: str, first_line: int = 1) -> Any:
    """What the text says. first_line: the line of its file at which the text begins. Raises NotYaml."""
    try:
        return yaml.load(written, Loader=_Loader)
    except yaml.constructor.ConstructorError as error:
        raise NotYaml(name, error.problem_mark.line + first_line, f"{error.problem}; write it as YAML knows it") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"it is not YAML: {error.problem or error.context}; look at that line and the one before it for an indent, a colon "
        raise NotYaml(name, mark.line + first_line, what + "or a quotation mark that is missing or too much") from None
    except yaml.reader.ReaderError as error:
        at = written.count("\n", 0, error.position) + first_line
        raise NotYaml(name, at, "it is not YAML: a control character stands there; delete it") from None
    except ValueError as error:
        raise NotYaml(name, first_line, f"it is not YAML: {error}; look for a number that is none") from None


def line(written: str, where: str) -> int:
    """The line of a key such as `schema.crime.month.classification`, or of the nearest one above it that is there."""
    node, found = yaml.compose(written, Loader=yaml.CSafeLoader), 1
    for part in where.split("."):
        step = _below(node, part)
        if step is None:
            break
        mark, node = step
        found = mark.line + 1
    return found


def _below(node: yaml.Node | None, part: str) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark, value
        inner = (_below(value, part) for key, value in node.value if key.value in WITHIN)
        return next((found for found in inner if found), None)
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            if part in (str(number), *_names(item)):
                return item.start_mark, item
    return None


def _names(item: yaml.Node) -> list[str]:
    if not isinstance(item, yaml.MappingNode):
        return []
    return [value.value for key, value in item.value if key.value in NAMES and isinstance(value, yaml.ScalarNode)]
