"""What housekeeping could not do: it holds up nothing that follows, and is said at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vrn.errors import HomeError, safe_text


class Owed:
    """What is owed, in sentences of which none has a value or a file's name; the same sentence once."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def say(self, what: str, error: BaseException) -> None:
        """what: what could not be done."""
        self._sentences[f"{what}: {safe_text(error).rstrip('.')}."] = None

    @contextmanager
    def unless_done(self, what: str) -> Iterator[None]:
        """Whatever goes wrong in the block ends it, and is owed."""
        try:
            yield
        except Exception as error:
            self.say(what, error)

    def refuse_if_any(self) -> None:
        """Raises HomeError with all that is owed."""
        if self._sentences:
            raise HomeError("\n".join(self._sentences))
