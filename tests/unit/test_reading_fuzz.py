"""Whatever is in a file, reading and staging it ends in rows or in a refusal with a sentence (issue 13, point 4).

Every example goes the way of a delivery: read, protect, COPY into PostgreSQL. What was found by it is in test_reading_odd.py.
"""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests import spoilt
from tests.properties import examples
from tests.small import ARCHIVES, BOOKS, CSVS, TABLES, WHOLE, XML
from tests.staged import CIN, Ground
from vrn.errors import SubmissionRefused
from vrn.stage.read import delivery

IN_THE_SUITE, OF_THE_NIGHT = 40, 500


def of_bytes(content: bytes) -> st.SearchStrategy[bytes]:
    return st.one_of(spoilt.cut(content), spoilt.flipped(content))


def of_text(text: bytes) -> st.SearchStrategy[bytes]:
    return st.one_of(of_bytes(text), spoilt.cells(text)) if text.strip() else of_bytes(text)


def of_xml(document: bytes) -> st.SearchStrategy[bytes]:
    return st.one_of(of_bytes(document), spoilt.tokens(document), spoilt.tokens(document))


def of_any(whole: dict[str, bytes], spoil) -> st.SearchStrategy[tuple[str, bytes]]:
    """A feed, and its delivery spoilt."""
    return st.sampled_from(sorted(whole)).flatmap(lambda feed: spoil(whole[feed]).map(lambda content: (feed, content)))


def ends_well(ground: Ground, feed: str, name: str, content: bytes) -> None:
    ended = ground.take(feed, name, content)
    is_refused = isinstance(ended, SubmissionRefused)
    event(f"refused: {ended.rule_code}" if is_refused else "rows")
    assert not is_refused or ended.message.endswith(".")
    # What is looked at before a byte is kept never turns away what could be staged.
    is_turned_away = turned_away(ground, feed, name, content) is not None
    assert is_refused or not is_turned_away


def turned_away(ground: Ground, feed: str, name: str, content: bytes) -> SubmissionRefused | None:
    try:
        delivery.check_header(lambda: io.BytesIO(content), name, ground.protections[feed].contract)
    except SubmissionRefused as error:
        return error


@pytest.mark.parametrize(("feed", "name", "content"), WHOLE)
def test_what_is_spoilt_below_was_whole(ground, feed, name, content):
    assert ground.take(feed, name, content) > 1


@examples(IN_THE_SUITE, OF_THE_NIGHT)
@given(of_any({feed: CSVS[feed] for feed in TABLES}, of_text))
def test_a_csv_however_spoilt_ends_in_rows_or_a_sentence(ground, sent):
    ends_well(ground, sent[0], "a.csv", sent[1])


@examples(IN_THE_SUITE, OF_THE_NIGHT)
@given(of_any({feed: gzip.compress(CSVS[feed], mtime=0) for feed in TABLES}, of_bytes))
def test_a_gzip_however_spoilt_ends_in_rows_or_a_sentence(ground, sent):
    ends_well(ground, sent[0], "a.csv.gz", sent[1])


@examples(IN_THE_SUITE, OF_THE_NIGHT)
@given(of_any(BOOKS, of_bytes))
def test_a_workbook_however_spoilt_ends_in_rows_or_a_sentence(ground, sent):
    ends_well(ground, sent[0], "a.xlsx", sent[1])


@examples(IN_THE_SUITE, OF_THE_NIGHT)
@given(of_any(BOOKS, lambda content: spoilt.parts(content, of_xml)))
def test_a_workbook_whose_parts_are_spoilt_ends_in_rows_or_a_sentence(ground, sent):
    ends_well(ground, sent[0], "a.xlsx", sent[1])


@examples(IN_THE_SUITE, OF_THE_NIGHT)
@given(of_any(ARCHIVES, of_bytes))
def test_a_zip_however_spoilt_ends_in_rows_or_a_sentence(ground, sent):
    ends_well(ground, sent[0], "a.zip", sent[1])


@examples(IN_THE_SUITE, OF_THE_NIGHT)
@given(of_any(ARCHIVES, lambda content: spoilt.parts(content, of_text)))
def test_a_zip_whose_members_are_spoilt_ends_in_rows_or_a_sentence(ground, sent):
    ends_well(ground, sent[0], "a.zip", sent[1])


@examples(IN_THE_SUITE, OF_THE_NIGHT)
@given(of_xml(XML))
def test_an_xml_however_spoilt_ends_in_rows_or_a_sentence(ground, content):
    ends_well(ground, CIN, "a.xml", content)
