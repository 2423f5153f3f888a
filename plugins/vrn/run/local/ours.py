"""By its class's name an error of ours is known from another's: Airflow's log keeps of an error the name and the text.

The text of a VrnError is a sentence for people. Another's may quote what it was working on.
"""

from __future__ import annotations

import functools
import re

from vrn.errors import VrnError
from vrn.feeds import code_files
from vrn.settings import REPOSITORY

LIBRARY = REPOSITORY / "plugins" / "vrn"
CLASS = re.compile(r"^class (\w+)\(([\w., ]+)\):", re.MULTILINE)


@functools.cache
def names() -> frozenset[str]:
    """Of VrnError and of every class below it.

    They are read from the library's text: a process knows the classes of what it imports, and who asks imports no dbt and no
    Great Expectations.
    """
    bases = {}
    for path in code_files.of(LIBRARY, "**/*.py"):
        for name, listed in CLASS.findall(path.read_text(encoding="utf-8")):
            bases[name] = {base.strip().rpartition(".")[2] for base in listed.split(",")}
    ours: set[str] = {VrnError.__name__}
    while more := {name for name, above in bases.items() if above & ours} - ours:
        ours |= more
    return frozenset(ours)
