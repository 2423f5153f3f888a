"""What a person sees of a run: each failure with its reason as soon as it happens, and how to have the same order again."""

from __future__ import annotations

import os

import pytest

from tests import properties


class Reporting:
    """Speaks in the process that was started; pytest-xdist's workers send it what they find."""

    def __init__(self, config: pytest.Config):
        self._config = config

    def pytest_sessionstart(self) -> None:
        self._say_order()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._say_failure(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._say_failure(report)

    def pytest_terminal_summary(self) -> None:
        self._say_order()

    def _say_failure(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message.strip().splitlines()[:1] if crash else report.longreprtext.strip().splitlines()[-1:]
            # On a line of its own, after the dots.
            self._say(f"\nFAILED {report.nodeid} in {report.when}: {''.join(said)}", red=True)

    def _say_order(self) -> None:
        seed = self._config.getoption("randomly_seed", None)
        if seed is not None:
            self._say(f"The order is random; the same again: pytest -p randomly --randomly-seed={seed}")
        if properties.PROFILE == properties.NIGHTLY:
            self._say(f"Made-up worlds begin at a drawn seed; the same again: {properties.SEED}={os.environ[properties.SEED]}")

    def _say(self, line: str, **markup: bool) -> None:
        self._config.pluginmanager.getplugin("terminalreporter").write_line(line, **markup)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reporting(config))
