"""How a bench and its parts end when somebody ends them: by SystemExit, so that each block that made a
server or a folder takes it away.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def by_exit() -> None:
    """From now on a signal that ends this process raises SystemExit in it, and in no process that is forked from it."""
    usual = {number: signal.signal(number, _end) for number in SIGNALS}
    os.register_at_fork(after_in_child=lambda: _as(usual))


def _end(number: int, _: FrameType | None) -> None:
    # A second signal would break off the tidying up. No command that tidies up inherits this, as it would inherit SIG_IGN.
    _as(dict.fromkeys(SIGNALS, lambda *_: None))
    raise SystemExit(128 + number)


def _as(handlers: dict) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
