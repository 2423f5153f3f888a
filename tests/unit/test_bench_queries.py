"""What the bench reads of pgbench's answers: those of the one time that it asked, and their 95th percentile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import queries
from vrn.settings import Settings

# Writes one answer as pgbench logs it: client, number, microseconds, script and the moment; each time it is another process.
PGBENCH = """#!/bin/sh
for argument in "$@"; do
    case "$argument" in --log-prefix=*) prefix=${argument#--log-prefix=} ;; --time=*) seconds=${argument#--time=} ;; esac
done
echo "0 1 ${seconds}000 0 1764460800 5" > "$prefix.$$"
"""


def test_answers_of_the_warm_up_are_none_of_the_measurement(tmp_path: Path, monkeypatch):
    (tmp_path / "pgbench").write_text(PGBENCH)
    (tmp_path / "pgbench").chmod(0o755)
    monkeypatch.setattr(queries.postgres, "binaries", lambda: tmp_path)
    written = [tmp_path / "0.sql"]
    name = next(iter(queries.QUERIES))
    assert [queries.ask(Settings(home=tmp_path), written, 1, seconds) for seconds in (7, 3)] == [{name: [7.0]}, {name: [3.0]}]


@pytest.mark.parametrize(("answers", "found"), [([4.0], 4.0), ([1.0, 3.0], 2.9), ([float(one) for one in range(101)], 95.0)])
def test_the_95th_percentile_is_among_the_answers_however_few_they_are(answers, found):
    assert queries.percentile(answers) == pytest.approx(found)
