"""Work that falls into parts which know nothing of each other, done on all cores.

Processes of Python's own pool outlive whoever began them, because each of them has both ends of the
queue at which they wait: it never ends. Here each has a line of its own, and ends with whoever
began it, also in the middle of a part.
"""

from __future__ import annotations

import operator
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum, auto
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from vrn.errors import VrnError

# Of fewer figures a process takes longer to start than to decide.
ENOUGH = 5_000


# Is told which share of the work is done, from 0 to 1.
Tell = Callable[[float], None]


class Said(Enum):
    """What a process of the crew says of its part."""

    SHARE = auto()
    ANSWER = auto()
    ERROR = auto()


class WorkerLost(VrnError):
    """A process was ended before it had its answer."""


def each(do: Callable[..., Any], parts: Sequence[tuple], sizes: Sequence[int], tell: Tell) -> list[Any]:
    """What `do` gives for each part, called with it and a Tell of its own, in the order of the parts.

    sizes: by part, of how many figures it is.
    Raises what `do` raises of any part, at once, and WorkerLost.
    """
    answers: dict[int, Any] = {}
    shares = [0.0] * len(parts)

    def keep(number: int, answer: Any) -> None:
        answers[number] = answer
        note(number, 1.0)

    def note(number: int, share: float) -> None:
        shares[number] = share
        tell(sum(map(operator.mul, shares, sizes)) / max(1, sum(sizes)))

    cores = min(len(os.sched_getaffinity(0)), sum(size > 0 for size in sizes))
    if cores < 2 or sum(sizes) < ENOUGH:
        for number, part in enumerate(parts):
            keep(number, do(*part, partial(note, number)))
    else:
        # The largest first, so that all are busy to the end.
        waiting = iter(sorted(range(len(parts)), key=lambda one: -sizes[one]))
        with crew(cores) as free:
            under_way: dict[Connection, int] = {}
            while True:
                for line, number in zip(free, waiting, strict=False):
                    with _lost():
                        line.send((do, parts[number]))
                    under_way[line] = number
                if not under_way:
                    break
                free = []
                for line in wait(list(under_way)):
                    with _lost():
                        what, said = line.recv()
                    if what is Said.ERROR:
                        raise said
                    if what is Said.SHARE:
                        note(under_way[line], said)
                    else:
                        keep(under_way.pop(line), said)
                        free.append(line)
    return [answers[number] for number in range(len(parts))]


@contextmanager
def crew(size: int) -> Iterator[list[Connection]]:
    """The lines to processes that work for this one. They end with the block and with this process,
    however these end."""
    # New processes and not forked ones, because a thread of HiGHS or of pyarrow does not come along,
    # and who waits for it waits for ever.
    context = get_context("spawn")
    begun: list[tuple[Connection, BaseProcess]] = []
    try:
        for _ in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            process.start()
            begun.append((ours, process))
            # So that the line ends with the process: nobody else has this end.
            theirs.close()
        yield [line for line, _ in begun]
    finally:
        # Nobody waits for what they are at.
        for _, process in begun:
            process.kill()
        for line, process in begun:
            process.join()
            line.close()


def _work(line: Connection) -> None:
    """In a process of the crew: one part after another."""
    # Ctrl-C comes to all processes of a terminal: whoever began this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            do, part = line.recv()
            try:
                said = Said.ANSWER, do(*part, lambda share: line.send((Said.SHARE, share)))
            except Exception as error:
                # Its traceback does not come along.
                error.add_note(traceback.format_exc())
                said = Said.ERROR, error
            line.send(said)


def _end_with_parent() -> None:
    parent_process().join()
    os._exit(1)


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError):
        raise WorkerLost(
            "A process that decided figures was ended from outside, as it happens where a machine has no memory left. "
            "Make room, and run it again."
        ) from None
