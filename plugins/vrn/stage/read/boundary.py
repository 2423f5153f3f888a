"""Where the exceptions of a reader end: a delivery that cannot be read is refused with a sentence, and nothing else stands still.

Each reader turns what its libraries say of a damaged file into a sentence of its own, in one place (`Damage`). What is left over
ends here: a file of which nobody thought, or a mistake of ours. Which of the two it is nobody can tell from an exception, so the
sentence asks for the data team, and the log has the exception's class for them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from vrn.errors import SubmissionRefused, VrnError, safe_text

log = logging.getLogger(__name__)

UNREAD = "GEN-022"
NOT_READ = (
    "The file could not be read to its end, and why cannot be said from here. Nothing of it was loaded. Tell the data team, who "
    "find the reason in the log; a fresh export may help."
)


@contextmanager
def refusing(code: str, sentence: str, *damage: type[Exception]) -> Iterator[None]:
    """Refuse the delivery with this sentence when a library raises what it raises of a damaged file."""
    try:
        yield
    except damage as error:
        if _is_the_machines(error):
            raise
        log.info("Read as damage, %s: %s", code, safe_text(error))
        raise SubmissionRefused(code, sentence) from None


@contextmanager
def of_reader() -> Iterator[None]:
    """Let pass what has a meaning (our own sentences, an encoding to be tried, the machine's troubles); refuse for all else."""
    try:
        yield
    except (VrnError, UnicodeError):
        raise
    except Exception as error:
        if _is_the_machines(error):
            raise
        log.error("A reader ended in %s, raised at %s", safe_text(error), _place(error))
        raise SubmissionRefused(UNREAD, NOT_READ) from None


def _is_the_machines(error: Exception) -> bool:
    """Whether the disk or the memory failed and not the file: those errors of the system have a number, a library's have none."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None)


def _place(error: Exception) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_code.co_qualname}, line {last.tb_lineno}" if last else "an unknown place"
