"""What a delivery brings is looked at before a byte is kept: what nobody declared turns it away (issue 13, point 10)."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small import ARCHIVES, BOOKS, CSVS, WHOLE, XML
from tests.spoilt import packed, unpacked
from tests.staged import CIN, GRANTS, LAC, TRAINING, Ground, contract_of
from tests.unit.test_reading_odd import edited
from vrn.errors import SubmissionRefused
from vrn.stage.read import delivery


def check(feed: str, name: str, content: bytes, folder: Path) -> SubmissionRefused | None:
    """The refusal of a file that lies in the inbox, if it is one."""
    path = folder / name
    path.write_bytes(content)
    try:
        delivery.check_header(lambda: path.open("rb"), name, contract_of(feed))
    except SubmissionRefused as error:
        return error
    return None


def with_column(text: bytes) -> bytes:
    return b"".join(b"%s,%s\n" % (line, b"Zzyzx" if number else b"nhs") for number, line in enumerate(text.splitlines()))


def with_member(change: Callable[[bytes], bytes]) -> bytes:
    parts = unpacked(ARCHIVES[LAC])
    return packed(parts | {"episodes.csv": change(parts["episodes.csv"])})


SURNAME = b"<Surname>Zzyzx</Surname>"
UNDECLARED = {
    "a column of a CSV": (GRANTS, "a.csv", lambda: with_column(CSVS[GRANTS]), "column"),
    "a column of a gzip": (GRANTS, "a.csv.gz", lambda: gzip.compress(with_column(CSVS[GRANTS])), "column"),
    "a column of a worksheet": (
        TRAINING, "a.xlsx", lambda: edited(rb'</row>(?=<row r="2")', b'<c r="K1" t="inlineStr"><is><t>nhs</t></is></c></row>'),
        "column",
    ),
    "a column of a table in a zip": (LAC, "a.zip", lambda: with_member(with_column), "column"),
    "a table in a zip": (LAC, "a.zip", lambda: packed(unpacked(ARCHIVES[LAC]) | {"Zzyzx.csv": b"Zzyzx\n"}), "1 of the zip's files"),
    "an element of the last record": (
        CIN, "a.xml", lambda: XML[: XML.rindex(b"<PersonBirthDate>")] + SURNAME + XML[XML.rindex(b"<PersonBirthDate>") :],
        "ChildIdentifiers/Surname",
    ),
    "an attribute": (CIN, "a.xml", lambda: XML.replace(b"<Child>", b'<Child name="Zzyzx">', 1), "@name"),
    "a record of another kind": (
        CIN, "a.xml", lambda: XML.replace(b"</Children>", b"</Children><Adults><Adult>" + SURNAME + b"</Adult></Adults>"),
        "Message/Adults/Adult/Surname",
    ),
    "a text between elements": (CIN, "a.xml", lambda: XML.replace(b"<Child><", b"<Child>Zzyzx<", 1), "the record itself"),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNDECLARED)
def test_what_nobody_declared_turns_the_delivery_away(ground: Ground, tmp_path, kind):
    feed, name, make, words = UNDECLARED[kind]
    refusal = check(feed, name, make(), tmp_path)
    assert refusal is not None
    assert refusal.rule_code == "GEN-001"
    assert words in refusal.message
    assert "Zzyzx" not in refusal.message
    # Who passes it by gets no further.
    assert isinstance(ground.take(feed, name, make()), SubmissionRefused)


@pytest.mark.parametrize(("feed", "name", "content"), WHOLE)
def test_what_the_contract_has_goes_on(tmp_path, feed, name, content):
    assert check(feed, name, content, tmp_path) is None


HARMLESS = {
    "what the standard has in its header": XML.replace(
        b"<Source>", b"<Source><SoftwareCode>x</SoftwareCode><SerialNo>1</SerialNo>"
    ),
    "the attributes of XML itself": XML.replace(
        b"<Message>", b'<Message xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">'
    ).replace(b"<Child>", b'<Child xml:lang="en">'),
    "an element's name as a text beside it": XML.replace(b"<Child><", b"<Child>ChildIdentifiers<", 1).replace(
        b"<Child>ChildIdentifiers<ChildIdentifiers>", b"<Child><ChildIdentifiers/>ChildIdentifiers<ChildIdentifiers>", 1
    ),
    "an element without a text": XML.replace(b"<Child>", b"<Child><Surname> </Surname>"),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_says_nothing_of_a_person_turns_no_xml_away(ground: Ground, tmp_path, kind):
    assert check(CIN, "a.xml", HARMLESS[kind], tmp_path) is None
    assert ground.take(CIN, "a.xml", HARMLESS[kind]) == ground.take(CIN, "a.xml", XML)


def test_a_header_in_the_fallback_encoding_is_read_and_one_in_none_is_not(tmp_path):
    assert contract_of(TRAINING).fallback_encoding == "cp1252"
    text = CSVS[TRAINING].replace(b"programme", b"Programme\xa0")
    assert check(TRAINING, "a.csv", text, tmp_path) is None
    assert check(TRAINING, "a.csv", text.replace(b"\xa0", b"\x81"), tmp_path).rule_code == "GEN-002"


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    read_bytes = 0

    def readinto(self, buffer) -> int:
        count = super().readinto(buffer)
        self.read_bytes += count
        return count


def test_of_a_table_no_more_is_read_than_its_beginning():
    file = Counting(CSVS[GRANTS] * 50_000)
    delivery.check_header(lambda: file, "a.csv", contract_of(GRANTS))
    assert 0 < file.read_bytes <= 2 << 20 < len(CSVS[GRANTS]) * 50_000 / 10


@pytest.mark.parametrize("place", [16, 12])
def test_a_damaged_zip_on_the_disk_is_refused_as_any_other(tmp_path, place):
    """A place before the file's start is an error of the operating system there, and not of the zip."""
    content = bytearray(ARCHIVES[LAC])
    content[content.rindex(b"PK\5\6") + place + 1] ^= 0x7F
    assert "damaged" in check(LAC, "a.zip", bytes(content), tmp_path).message


def test_a_damaged_workbook_on_the_disk_is_refused_as_any_other(tmp_path):
    content = bytearray(BOOKS[TRAINING])
    content[content.rindex(b"PK\5\6") + 17] ^= 0x7F
    assert "damaged" in check(TRAINING, "a.xlsx", bytes(content), tmp_path).message
