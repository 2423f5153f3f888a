"""Folders that are swapped in whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from vrn.publish.folder_swap import swapped_in


def made(place: Path, text: str) -> None:
    with swapped_in(place) as new:
        (new / "page").write_text(text)


def made_half(place: Path, text: str) -> None:
    with swapped_in(place) as new:
        (new / "page").write_text(text)
        raise ValueError("half way")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_folder_takes_the_place_of_the_old_one_whole_and_leaves_nothing_beside_it(tmp_path):
    made(tmp_path / "site", "first")
    (tmp_path / "site" / "of old").write_text("gone with it")
    made(tmp_path / "site", "second")
    assert names(tmp_path) == {"site"}
    assert names(tmp_path / "site") == {"page"}
    assert (tmp_path / "site" / "page").read_text() == "second"


def test_what_fails_half_way_leaves_the_old_one_as_it_was(tmp_path):
    made(tmp_path / "site", "first")
    with pytest.raises(ValueError, match="half way"):
        made_half(tmp_path / "site", "second")
    assert names(tmp_path) == {"site"}
    assert (tmp_path / "site" / "page").read_text() == "first"


def test_what_a_kill_between_the_two_renames_left_is_put_back_even_if_the_next_one_fails(tmp_path):
    made(tmp_path / "site", "first")
    (tmp_path / "site").rename(tmp_path / ".site.old")
    with pytest.raises(ValueError, match="half way"):
        made_half(tmp_path / "site", "second")
    assert (tmp_path / "site" / "page").read_text() == "first"


def test_a_folder_for_its_owner_only_is_never_open_to_others(tmp_path):
    with swapped_in(tmp_path / "pages", mode=0o700) as new:
        assert new.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "pages").stat().st_mode & 0o777 == 0o700


def test_what_a_killed_run_left_beside_it_is_gone_after_the_next_even_if_that_fails(tmp_path):
    """Issue 16, 10d: a folder with half a site stayed for ever, beside the one that is served."""
    left = tmp_path / ".site.k1ll_ed0"
    left.mkdir()
    (left / "page").write_text("half")
    kept = tmp_path / ".site.other.name", tmp_path / ".sites.k1ll_ed0"
    for one in kept:
        one.mkdir()
    with pytest.raises(ValueError, match="half way"):
        made_half(tmp_path / "site", "first")
    assert names(tmp_path) == {one.name for one in kept}


def test_a_run_beside_this_one_keeps_the_folder_that_it_fills(tmp_path):
    with swapped_in(tmp_path / "site") as beside:
        (beside / "page").write_text("second")
        made(tmp_path / "site", "first")
        assert (beside / "page").read_text() == "second"
    assert names(tmp_path) == {"site"}
    assert (tmp_path / "site" / "page").read_text() == "second"
