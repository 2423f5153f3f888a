"""python -m tests.bench: measure the parts one after the other, print one table, and keep it as
JSON in the home.
"""

from __future__ import annotations

import argparse
import sys

from tests.bench import table
from tests.bench.parts import PARTS, in_a_process
from tests.bench.plan import Plan
from vrn.settings import Settings

FOLDER = "bench"


def main(arguments: list[str] | None = None) -> int:
    chosen, plan = _read(arguments)
    settings = Settings()
    figures: list[table.Figure] = []
    failures: list[table.Failure] = []
    for part in chosen:
        note(f"{part} …")
        answer = in_a_process(part, plan)
        if isinstance(answer, table.Failure):
            note(f"{part} failed:\n{answer.reason}")
            failures.append(answer)
        else:
            figures += answer
    print(table.text(figures))
    note(f"kept in {table.write(settings.home / FOLDER, figures, failures, plan)}")
    return 1 if failures else 0


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _read(arguments: list[str] | None) -> tuple[list[str], Plan]:
    usual = Plan()
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"parts, with commas between them: {', '.join(PARTS)}")
    for name, value in vars(usual).items():
        said = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        parser.add_argument(f"--{name}", default="", help=f"numbers, with commas between them; {said} where nothing is said")
    given = parser.parse_args(arguments)
    chosen = [one for one in given.only.split(",") if one] or list(PARTS)
    if strange := [one for one in chosen if one not in PARTS]:
        parser.error(f"ONLY says {', '.join(strange)}, and the parts are {', '.join(PARTS)}.")
    return [one for one in PARTS if one in chosen], Plan(
        **{name: _numbers(parser, name, getattr(given, name), value) for name, value in vars(usual).items()}
    )


def _numbers(parser: argparse.ArgumentParser, name: str, text: str, usual: int | tuple[int, ...]) -> int | tuple[int, ...]:
    if not text:
        return usual
    parts = text.split(",")
    if not all(one.isdigit() and int(one) for one in parts) or (len(parts) > 1 and isinstance(usual, int)):
        parser.error(
            f"{name.upper()} is '{text}'. Say {'numbers above 0, such as 1,5' if isinstance(usual, tuple) else 'one number'}."
        )
    return tuple(map(int, parts)) if isinstance(usual, tuple) else int(text)


if __name__ == "__main__":
    sys.exit(main())
