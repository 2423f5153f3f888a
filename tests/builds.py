"""Builds of the layers for tests of what a build makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from vrn.build import inputs


@contextmanager
def without_tests() -> Iterator[None]:
    """Builds run no test of dbt's meanwhile: half of a build's time goes to them, and whoever compares tables does not need
    them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "tests_of_others", lambda manifest, _layer: _tests(manifest))
        yield


def _tests(manifest) -> set[str]:
    return set(manifest.unit_tests) | {node_id for node_id, node in manifest.nodes.items() if node.resource_type == "test"}
