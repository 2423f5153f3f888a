"""python -m tests.bench: measure the parts one after the other, print one table, and keep it as
JSON in the home.
"""

from __future__ import annotations

import sys
from contextlib import closing

from tests.bench import ending, options, table
from tests.bench.kept import Kept
from tests.bench.parts import in_a_process
from vrn.settings import Settings

FOLDER = "bench"


def main(arguments: list[str] | None = None) -> int:
    chosen, plan = options.read(arguments)
    kept = Kept(Settings().home / FOLDER, plan)
    print(table.HEAD, flush=True)
    for part in chosen:
        note(f"{part} …")
        try:
            with closing(in_a_process(part, plan)) as told:
                for one in told:
                    kept.add(one)
                    if isinstance(one, table.Figure):
                        print(table.line(one), flush=True)
                    elif isinstance(one, table.Failure):
                        note(f"{part} failed:\n{one.reason}")
        finally:
            # Hours of other parts may follow, and somebody may end them.
            kept.write()
    print(table.below(kept.left_out), end="")
    note(f"kept in {kept.path}")
    return 1 if kept.failures else 0


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    ending.by_exit()
    sys.exit(main())
