"""The note that a run leaves in Airflow."""

from __future__ import annotations

from vrn.report import notes

RULE = {"rule_code": "POL-001", "outcome": "submission", "row_count": 1, "row_numbers": [2], "message": "It is blank."}


def delivery(number: int, status: str) -> dict:
    row = dict.fromkeys(("period_start", "period_end", "rows_in_file", "rows_accepted", "status_reason"))
    return row | {"submission_id": number, "supplier": "lancs", "feed": "f", "file_name": f"file-{number}.csv", "status": status,
                  "is_synthetic": True}  # fmt: skip


def test_a_note_that_is_too_long_ends_with_a_whole_line_and_says_where_there_is_more():
    lines = [f"- a line of some words, the {number}th of them" for number in range(60)]
    note = notes.fitting("\n".join(lines), "police_crime")
    *kept, last = note.splitlines()
    assert last == "… more in messages/police_crime/"
    assert kept == lines[: len(kept)]
    assert 900 < len(note) <= 1000


def test_a_sentence_that_is_longer_than_a_note_ends_with_a_whole_word():
    note = notes.fitting("words " * 300, "f")
    assert note.endswith("words\n… more in messages/f/")
    assert len(note) <= 1000


def test_a_note_that_fits_is_left_as_it_is():
    assert notes.fitting("x" * 1000, "f") == "x" * 1000


def test_why_a_file_was_refused_comes_before_the_list_of_the_files_that_were_not():
    rows = [
        delivery(1, "refused") | {"status_reason": "POL-001: It is blank."},
        *(delivery(number, "accepted") for number in range(2, 60)),
    ]
    said = {row["submission_id"]: [] for row in rows} | {1: [RULE]}
    note = notes.fitting(notes.of_run(rows, said), "f")
    assert note.index("**refused**") < note.index("POL-001") < note.index("file-2.csv")
