"""Ours killed at a place, as suddenly as a kill: what is under way ends, and no handler of ours catches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest


class Killed(BaseException):
    """No Exception, so that nothing that goes on after an error goes on after this."""


@contextmanager
def killed_at(place: str, *, after: bool = False) -> Iterator[None]:
    """What is done here dies where it calls a function, such as `vrn.gate.judging.keep`; `after`: when that has done its work."""
    module, name = place.rsplit(".", 1)
    real = getattr(import_module(module), name)

    def die(*args, **kwargs):
        if after:
            real(*args, **kwargs)
        raise Killed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(f"{module}.{name}", die)
        yield
