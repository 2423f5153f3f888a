"""make check names every mistake, and not the first: feed files, agreements, projects."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from vrn.settings import REPOSITORY


def check(home, feed_files) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "plugins"),
        "VRN_HOME": str(home),
        "VRN_CONTRACTS": str(feed_files),
    }
    return subprocess.run([sys.executable, "-m", "vrn", "check"], env=environment, capture_output=True, text=True, check=False)


def test_every_mistake_is_named_with_its_file_and_line_and_every_sound_feed_is_counted(tmp_path):
    """Issue 13, point 6."""
    feeds = tmp_path / "feeds"
    shutil.copytree(REPOSITORY / "expectations", feeds)
    (feeds / "police_stop_search.odcs.yaml").write_text("id: police_stop_search\nname: [\n")
    census = feeds / "cin_census.odcs.yaml"
    census.write_text(census.read_text().replace("classification: hash", "classification: hsh", 1))
    (tmp_path / "agreements.yaml").write_text("- agreement: LVRN-DSA-014\n  suppliers: rxl\n")
    (tmp_path / "projects.yaml").write_text("- project: Alpha\n")
    done = check(tmp_path, feeds)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    for start in (
        "error: cin_census.odcs.yaml breaks the feed grammar",
        "  line 118, schema.child.child_id: classification 'hsh' is none of",
        "error: police_stop_search.odcs.yaml, line 3: it is not YAML",
        "error: agreements.yaml, line 1, entry 1 (LVRN-DSA-014): it has no feed",
        "error: projects.yaml, line 1, entry 1: it has no title",
    ):
        assert any(line.startswith(start) for line in told), (start, done.stderr)
    assert len(done.stdout.splitlines()) == len(list(feeds.glob("*.odcs.yaml"))) - 2
    assert "tiig_ed_attendance.odcs.yaml: 1 entities" in done.stdout


def test_a_rule_code_of_two_feeds_is_a_mistake_that_names_both_files(tmp_path):
    """Issue 14, point 5: whoever reads a code in a message must not have to ask of which feed."""
    feeds = tmp_path / "feeds"
    shutil.copytree(REPOSITORY / "expectations", feeds)
    copy = (feeds / "police_stop_search.odcs.yaml").read_text().replace("id: police_stop_search", "id: transport_stop_search", 1)
    (feeds / "transport_stop_search.odcs.yaml").write_text(copy)
    done = check(tmp_path, feeds)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: police_stop_search.odcs.yaml and transport_stop_search.odcs.yaml both have the rule code PSS-001 and 14 more; "
        "a code names one rule over all feeds. Give the rules of the newer file a prefix of their own."
    ]


def test_sound_files_are_no_mistake(tmp_path):
    done = check(tmp_path, REPOSITORY / "expectations")
    assert (done.returncode, done.stderr) == (0, "")
