"""Builds of the layers for tests of what a build makes."""

from __future__ import annotations

import pytest

from vrn.build import inputs


def make_without_tests(patch: pytest.MonkeyPatch) -> None:
    """From now on builds run no test of dbt's: half of a build's time goes to them, and whoever compares tables does not need
    them."""
    patch.setattr(inputs, "tests_of_others", lambda manifest, _layer: _tests(manifest))


def _tests(manifest) -> set[str]:
    return set(manifest.unit_tests) | {node_id for node_id, node in manifest.nodes.items() if node.resource_type == "test"}
