"""What a file asks of a module of ours is there. A bench or a nightly test is seldom run, and found out too late otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from vrn.settings import REPOSITORY

# By the first part of a module's name, the folder in which it lies.
FOLDERS = {"vrn": REPOSITORY / "plugins", "tests": REPOSITORY}
# What every module has.
OF_ITSELF = {"__doc__", "__file__", "__name__"}


def file_of(module: str) -> Path | None:
    """The file of a module of ours; None where it is no module, or another's."""
    first, *_ = parts = module.split(".")
    path = FOLDERS.get(first, Path("nowhere")).joinpath(*parts)
    candidates = (path.with_suffix(".py"), path / "__init__.py", path)
    return next((one for one in candidates[:2] if one.is_file()), path if path.is_dir() else None)


@cache
def names_of(module: str) -> set[str]:
    """What a module binds, and the modules below it."""
    file = file_of(module)
    folder = file.parent if file.name == "__init__.py" else file
    below = {path.stem for path in folder.iterdir()} if folder.is_dir() else set()
    return OF_ITSELF | below | (set() if file.is_dir() else set(bound(ast.parse(file.read_text()).body)))


def bound(statements: list[ast.stmt]) -> Iterator[str]:
    """The names that statements bind where they stand, in the bodies of `if`, `try`, `for` and `with` too."""
    for one in statements:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield one.name
        elif isinstance(one, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in one.names)
        else:
            yield from (node.id for node in ast.walk(one) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
            for field in ("body", "orelse", "finalbody"):
                yield from bound(getattr(one, field, []))
            for handler in getattr(one, "handlers", []):
                yield from bound(handler.body)


def missing(text: str) -> list[tuple[int, str]]:
    """The lines and names of what a file's text asks of modules of ours, and is not there."""
    tree = ast.parse(text)
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and file_of(node.module or "")]
    found = [
        (node.lineno, f"{node.module}.{alias.name}")
        for node in imported
        for alias in node.names
        if alias.name not in names_of(node.module)
    ]
    modules = {
        alias.asname or alias.name: name
        for node in imported
        for alias in node.names
        if file_of(name := f"{node.module}.{alias.name}")
    }
    # A name that the file binds otherwise as well may be anything.
    others = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    others |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return found + [
        (node.lineno, f"{modules[node.value.id]}.{node.attr}")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id in modules.keys() - others and node.attr not in names_of(modules[node.value.id])
    ]


def test_what_a_file_asks_of_a_module_is_there():
    files = [path for folder in ("plugins", "dags", "tests") for path in sorted((REPOSITORY / folder).rglob("*.py"))]
    assert {str(path.relative_to(REPOSITORY)): found for path in files if (found := missing(path.read_text()))} == {}


def test_what_is_not_there_is_named_with_its_line():
    text = "from vrn.publish import disclosure, nowhere\n\nprint(disclosure.COMES_BACK_AT, disclosure.decide)\n"
    assert missing(text) == [(1, "vrn.publish.nowhere"), (3, "vrn.publish.disclosure.COMES_BACK_AT")]
