"""What a command says of a bench: the parts, and how much of each is measured."""

from __future__ import annotations

import argparse
from typing import NoReturn

from tests.bench.parts import PARTS
from tests.bench.plan import Plan


def read(arguments: list[str] | None) -> tuple[list[str], Plan]:
    """The parts in the order of the table, and the plan. What cannot be measured ends the command with a sentence."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", default="", help=f"parts, with commas between them: {', '.join(PARTS)}")
    for name, value in vars(usual).items():
        said = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        parser.add_argument(f"--{name}", default="", help=f"numbers, with commas between them; {said} where nothing is said")
    given = parser.parse_args(arguments)
    return _parts(given.only), Plan(**{name: _numbers(name, getattr(given, name), value) for name, value in vars(usual).items()})


def _refuse(sentence: str) -> NoReturn:
    """End the command with a sentence alone, because argparse's usage names options that a user of make does not have."""
    raise SystemExit(f"make bench: {sentence}")


def _parts(text: str) -> list[str]:
    chosen = text.split(",") if text else PARTS
    if not all(chosen):
        _refuse(f"ONLY is '{text}', which lacks a name beside a comma; the parts are {', '.join(PARTS)}.")
    if strange := [one for one in chosen if one not in PARTS]:
        _refuse(f"ONLY says {', '.join(strange)}, and the parts are {', '.join(PARTS)}.")
    return [one for one in PARTS if one in chosen]


def _numbers(name: str, text: str, usual: int | tuple[int, ...]) -> int | tuple[int, ...]:
    if not text:
        return usual
    parts = text.split(",")
    # Other digits than those of a number (²) are digits too, for isdigit.
    numbers = [int(one) if one.isdecimal() else 0 for one in parts]
    are_many = isinstance(usual, tuple)
    if not all(numbers) or (len(parts) > 1 and not are_many):
        _refuse(f"{name.upper()} is '{text}'. Say {'numbers above 0, such as 1,5' if are_many else 'one number above 0'}.")
    if len(set(numbers)) < len(numbers):
        _refuse(f"{name.upper()} is '{text}'. Say each number once.")
    return tuple(numbers) if are_many else numbers[0]
