"""How far a run or a release is, while it goes on: bars on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from vrn.build.layers import LAYERS
from vrn.run.local.work import Work

SECONDS_BETWEEN_LINES = 10.0
Show = Callable[[Any], None]
Stage = tuple[float, int | None] | None


@dataclass(frozen=True)
class Form:
    """How a look at something under way is shown.

    bars: their names. stages: of a look, by bar, what is done and of how many, or of None where it is a share; None where it is
    not known yet or as it was. counts: the same in words, for where there are no bars. step: what is being done, in words.
    """

    bars: tuple[str, ...]
    stages: Callable[[Any], tuple[Stage, ...]]
    counts: Callable[[Any], str]
    step: Callable[[Any], str] = lambda _: ""

    def sentence(self, look: Any) -> str:
        return "; ".join(filter(None, (self.counts(look), self.step(look))))


def stages(work: Work) -> tuple[tuple[float, int], ...]:
    """What is done and of how many: received, judged, built."""
    built = (work.layers, len(LAYERS)) if _only_builds(work) else (work.built, work.to_build)
    return ((work.received, work.deliveries), (work.judged, work.deliveries), built)


def counts(work: Work) -> str:
    if _only_builds(work):
        return f"no delivery came; of {len(LAYERS)} layers {work.layers} built"
    return f"of {work.deliveries}: {work.received} received, {work.judged} judged, {int(work.built)} built"


def _only_builds(work: Work) -> bool:
    return work.deliveries == 0 and work.unbuilt is not None


OF_RUN = Form(("received", "judged", "built"), stages, counts)


@contextmanager
def shown(console: Console, form: Form = OF_RUN) -> Iterator[Show]:
    """Give what is to be called with each look at the work. What the console prints meanwhile stands above the bars."""
    # A dumb terminal shows no bar until the last look.
    has_bars = console.is_terminal and not console.is_dumb_terminal
    with _bars(console, form) if has_bars else _lines(console, form) as show:
        yield show


@contextmanager
def _bars(console: Console, form: Form) -> Iterator[Show]:
    columns = (TextColumn("{task.description:<8}"), BarColumn(), TextColumn("{task.fields[done]:<12}"), TimeElapsedColumn())
    progress = Progress(*columns, console=console)
    # Without a total a bar moves to and fro, as while the services are starting.
    bars = [progress.add_task(name, total=None, done="") for name in form.bars]
    with Live(progress, console=console, refresh_per_second=4) as live:

        def show(look: Any) -> None:
            for bar, stage in zip(bars, form.stages(look), strict=True):
                if stage is not None:
                    done, of = stage
                    said = f"{done:.1%}" if of is None else f"{int(done)} of {of}"
                    # What has nothing to do is done.
                    progress.update(bar, total=of or 1, completed=1 if of == 0 else done, done=said)
            step = form.step(look)
            live.update(Group(progress, Text(step, no_wrap=True, overflow="ellipsis")) if step else progress)

        yield show


@contextmanager
def _lines(console: Console, form: Form) -> Iterator[Show]:
    """A thread of its own says the lines, for a look may take its time."""
    began, ended = time.monotonic(), threading.Event()
    said, moved_at = "starting", began
    latest = said

    def say() -> None:
        nonlocal said, moved_at
        while not ended.wait(SECONDS_BETWEEN_LINES):
            now, text = time.monotonic(), latest
            if text != said:
                said, moved_at = text, now
                console.print(f"{_clock(now - began)}  {text}")
            else:
                console.print(f"{_clock(now - began)}  {text}; the same since {_clock(moved_at - began)}")

    def show(look: Any) -> None:
        nonlocal latest
        latest = form.sentence(look)

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield show
    finally:
        ended.set()
        thread.join()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
