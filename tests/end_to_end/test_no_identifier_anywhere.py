"""No identifier survives anywhere: marked ones go in through every feed, and every byte that a run leaves is searched.

Marked values stand in every column that is not kept, in rows that serve, in rows that break a rule, in cells that cannot
be read, and in deliveries that are refused before, while and after they are read. What they leave behind may be a keyed
hash, a month, an age or an area, and nothing else.
"""

from __future__ import annotations

import base64
import csv
import io
import logging
import re
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count, islice
from pathlib import Path

import numpy as np
import psycopg
import pytest
from openpyxl import Workbook
from psycopg import sql

from tests.end_to_end.test_thirteenth_partner import write_page
from tests.inbox import Inbox
from tests.waiting import logged_so_far
from vrn.build import steps as build
from vrn.build.layers import STEPS
from vrn.feeds import contract as contracts
from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity
from vrn.feeds.document import feed_name
from vrn.feeds.period import ANY_PERIOD, span
from vrn.gate import set_aside
from vrn.ledger import states
from vrn.receive import landing
from vrn.run import ingest
from vrn.run.airflow_api import AirflowApi
from vrn.settings import Settings
from vrn.stage import identifiers
from vrn.stage.identifiers import PNC_LETTERS, UPN_LETTERS
from vrn.synthetic import deliveries, files, rows
from vrn.synthetic.rows import Rows

WORD = "Zzyzxmark"
# Needles are found by their first bytes and then compared whole. In blocks, because what is computed of a block takes several times
# its memory.
ANCHOR = 4
BLOCK = 2**20
DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d")
# A verdict is of a day that another column has, kept or protected.
TELL_NOTHING_NEW = ("keep", "verdict")
KINDS = ("serves", "breaks a rule", "cannot be read")
# Columns of the files that say who somebody is, or might: kept apart from the feed files, so that a class changed to `keep`
# is still met with a marker. What a feed file protects beside these is marked too.
PROTECTED = {
    "cin_census__child": """ChildIdentifiers/LAchildID ChildIdentifiers/UPN ChildIdentifiers/FormerUPN
        ChildIdentifiers/PersonBirthDate ChildIdentifiers/ExpectedPersonBirthDate ChildIdentifiers/PersonDeathDate""",
    "cin_census__episode": """../ChildIdentifiers/LAchildID ../ChildIdentifiers/PersonBirthDate
        ../ChildIdentifiers/ExpectedPersonBirthDate""",
    "cin_census__assessment": "../../ChildIdentifiers/LAchildID",
    "cin_census__section_47": "../../ChildIdentifiers/LAchildID",
    "cin_census__child_protection_plan": "../../ChildIdentifiers/LAchildID ../../ChildIdentifiers/PersonDeathDate",
    "cin_census__cin_plan": "../../ChildIdentifiers/LAchildID ../../ChildIdentifiers/PersonDeathDate",
    "istv_assault__assault": "assault_method_other_description assault_location_description",
    "nwas_incident__incident": "Incident_Number Scene_Postcode NHS_Number Date_of_Birth Crew_Notes",
    "police_nominals__nominal": "pnc surname forename date_of_birth postcode",
    "police_stop_search__search": "Policing_operation",
    "police_street_crime__crime": "Context",
    "programme_divert__case": "case_number",
    "programme_ed_navigators__referral": "case_number",
    "programme_knife_bins__deployment": "note",
    "programme_published_figures__figure": "note",
    "ssda903__header": "CHILD DOB UPN MC_DOB",
    "ssda903__episodes": "CHILD HOME_POST PL_POST URN",
    "ssda903__reviews": "CHILD DOB",
    "ssda903__uasc": "CHILD DOB",
    "ssda903__oc2": "CHILD DOB",
    "ssda903__oc3": "CHILD DOB",
    "ssda903__ad1": "CHILD DOB",
    "ssda903__placed_adoption": "CHILD DOB",
    "ssda903__previous_permanence": "CHILD DOB",
    "ssda903__missing": "CHILD DOB",
    "ssda903__sw_episodes": "CHILD DOB SW_ID",
    "tiig_ed_attendance__attendance": "attendance_key assault_location_detail last_drink_place",
    "yot_caseload__child": "child_id pnc upn surname forename date_of_birth postcode",
    "yot_caseload__offence": "offence_id child_id",
    "yot_caseload__outcome": "outcome_id child_id offence_id",
    "yot_caseload__intervention": "child_id",
}
# What a column of names, identifiers, addresses or free text tends to be called, and the kept ones that are none.
TELLING = re.compile(
    r"(?i)surname|forename|(first|last|full|given|family).?name|dob|birth|post(code|$)|nhs|upn|pnc|address|phone|e-?mail|note|comment"
    r"|descri|detail|free.?text"
)
HARMLESS = {("cin_census__child", "upn_unknown")}


@dataclass
class Markers:
    """Makes values that occur nowhere else, and knows every form in which each could come to light."""

    needles: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _made: dict[tuple, str] = field(default_factory=dict)

    def value(self, feed: str, entity: str, columns: list[Column], kind: str) -> str:
        """The marked value of a column of the file. A local identifier is the same in all entities, for it joins them."""
        column = next((one for one in columns if one.classification not in TELL_NOTHING_NEW), columns[0])
        place = "" if column.identifier_domain == "local" else entity
        key = (feed, place, column.name, kind)
        if key not in self._made:
            self._made[key] = self._make(
                column, kind, " ".join(part for part in (feed, place, column.name) if part), next(self._numbers)
            )
        return self._made[key]

    def word(self, where: str) -> str:
        """A marked word, such as a name in a place where none belongs."""
        word = WORD + "".join("abcdefghij"[int(digit)] for digit in f"{next(self._numbers):04d}")
        self._know(where, word)
        return word

    def _make(self, column: Column, kind: str, where: str, number: int) -> str:
        told, is_good = f"{where} ({kind})", kind.startswith("serves")
        if kind == "cannot be read" and column.logical_type != "string":
            return self.word(told)
        if column.logical_type == "date":
            # Few days, so that the search is quick; none is a first of a month, which may be stored as the month.
            day = date(2006, 7, 12 + number % 9)
            self._know(told, *(day.strftime(form) for form in DATE_FORMS))
            return day.strftime("%d/%m/%Y" if column.form == "dd/MM/yyyy" else "%Y-%m-%d")
        match column.identifier_domain:
            case "nhs":
                first = next(text for text in (f"99973{number:03d}{last}" for last in "123") if _checked(text))
                text = _checked(first) if is_good else first + str((int(_checked(first)[-1]) + 1) % 10)
                self._know(told, text, f"{text[:3]} {text[3:6]} {text[6:]}")
                return text
            case "upn":
                digits = f"73973{number:07d}"
                place = sum(int(digit) * weight for weight, digit in enumerate(digits, start=2)) + (not is_good)
                self._know(told, UPN_LETTERS[place % 23] + digits)
                return UPN_LETTERS[place % 23] + digits
            case "pnc":
                serial = f"73{number:05d}"
                letter = PNC_LETTERS[(int(f"17{serial}") + (not is_good)) % 23]
                self._know(told, f"17/{serial}{letter}", f"17{serial}{letter}")
                return f"2017/{serial}{letter}"
        if column.classification == "lsoa" or column.match_as == "postcode" or column.name.endswith("postcode"):
            outward, inward = f"ZX{number % 90 + 10}", f"{number // 90 % 9 + 1}QY"
            self._know(told, f"{outward} {inward}", outward + inward)
            return f"{outward} {inward}"
        return self.word(told)

    def _know(self, where: str, *forms: str) -> None:
        for form in forms:
            self.needles.setdefault(form, where)


def by_source(entity: Entity) -> dict[str, list[Column]]:
    """The columns that each column of the file fills: a date of birth can fill three."""
    sources: dict[str, list[Column]] = defaultdict(list)
    for column in entity.columns:
        sources[column.source_names[0]].append(column)
    return sources


def is_protected(entity: Entity, source: str, columns: list[Column]) -> bool:
    listed = source.replace(" ", "_") in PROTECTED.get(entity.table, "").split()
    return listed or any(column.classification not in TELL_NOTHING_NEW for column in columns)


def _checked(first: str) -> str | None:
    """Nine digits with the check digit that makes them an NHS number, where there is one."""
    return next((first + digit for digit in "0123456789" if identifiers.nhs(first + digit)), None)


class Known:
    """Needles by their first bytes, and where in a content any of these are."""

    def __init__(self) -> None:
        self._needles: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        self._begins = np.zeros(2**16, bool)
        self._goes_on = np.zeros(2**16, bool)

    def add(self, needle: bytes, where: str) -> None:
        assert len(needle) >= ANCHOR
        self._needles[needle[:ANCHOR]].append((needle, where))
        self._begins[_pairs(needle[:2])] = True
        self._goes_on[_pairs(needle[2:ANCHOR])] = True

    def among(self, content: bytes) -> set[str]:
        found = set()
        for start in range(0, len(content), BLOCK):
            for at in self._places(content[start : start + BLOCK + ANCHOR - 1]):
                here = start + int(at)
                for needle, where in self._needles.get(content[here : here + ANCHOR], ()):
                    if content.startswith(needle, here) and not _is_part_of_a_number(content, here, needle):
                        found.add(where)
        return found

    def _places(self, block: bytes) -> np.ndarray:
        pairs = _pairs(block)
        places = np.flatnonzero(self._begins[pairs[:-2]])
        return places[self._goes_on[pairs[places + 2]]]


def _pairs(content: bytes) -> np.ndarray:
    """Every two bytes that follow each other, as a number."""
    bytes_ = np.frombuffer(content, np.uint8).astype(np.uint16)
    return bytes_[:-1] << 8 | bytes_[1:]


class Search:
    """Looks for every needle in clear (any case), as hexadecimal digits and as base64 (from any byte of a triple)."""

    def __init__(self, needles: dict[str, str]):
        self.plain, self.encoded = Known(), Known()
        for needle, where in needles.items():
            self.plain.add(needle.lower().encode(), where)
            for text in {needle, needle.lower(), needle.upper()}:
                self.plain.add(text.encode().hex().encode(), f"{where}, in hexadecimal")
                for shift in range(3):
                    coded = base64.b64encode(b"\0" * shift + text.encode())
                    whole = coded[shift + (shift > 0) : (len(text) + shift) * 8 // 6]
                    self.encoded.add(whole, f"{where}, in base64")

    def found(self, content: bytes) -> set[str]:
        return self.plain.among(content.lower()) | self.encoded.among(content)


def _is_part_of_a_number(content: bytes, at: int, needle: bytes) -> bool:
    """Eight digits within sixty-four are a hash and not a date."""
    around = content[at - 1 : at] + content[at + len(needle) : at + len(needle) + 1]
    return needle.isdigit() and len(needle) < 20 and re.search(rb"[0-9a-z]", around) is not None


# --- What is sent ---


def marked(contract: Contract, made: dict[str, Rows], markers: Markers, kinds: tuple[str, ...]) -> dict[str, Rows]:
    """The rows of a delivery with further ones at their end, a marked one of each kind in every entity."""
    return {
        entity.name: [*made[entity.name], *(_marked_row(contract, entity, made, markers, kind) for kind in kinds)]
        for entity in contract.entities
    }


def _marked_row(contract: Contract, entity: Entity, made: dict[str, Rows], markers: Markers, kind: str) -> dict[str, str]:
    row = dict(next(iter(made[entity.name]), {column.name: "" for column in entity.columns}))
    for source, columns in by_source(entity).items():
        if is_protected(entity, source, columns):
            value = markers.value(contract.feed, entity.name, columns, kind)
            row |= {column.name: value for column in columns}
    if kind == "breaks a rule":
        row |= dict.fromkeys(_needed(entity), "")
    if kind == "cannot be read":
        typed = [one[0] for source, one in by_source(entity).items() if not is_protected(entity, source, one)]
        typed = [column for column in typed if column.logical_type != "string"]
        row |= {column.name: markers.word(f"{entity.table} {column.name} ({kind})") for column in typed[:1]}
    return row


def _needed(entity: Entity) -> list[str]:
    """A kept column that a row may not leave blank."""
    kept = {column.name for column in entity.columns if column.classification == "keep"}
    rules = [
        rule for rule in entity.rules if rule.outcome == "record" and rule.expectation == "expect_column_values_to_not_be_null"
    ]
    return [rule.kwargs["column"] for rule in rules if rule.kwargs["column"] in kept][:1]


def with_a_surname(contract: Contract, content: bytes, word: str) -> bytes:
    """The delivery with a column of names that nobody agreed on."""
    if contract.format == "xml":
        record = contract.record.rsplit("/", 1)[-1].encode()
        return content.replace(b"<" + record + b">", b"<" + record + b"><Surname>" + word.encode() + b"</Surname>", 1)
    if contract.format == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
            for place, name in enumerate(before.namelist()):
                text = before.read(name)
                after.writestr(name, _widened(text, word) if place == 0 else text)
        return out.getvalue()
    return _widened(content, word)


def _widened(content: bytes, word: str) -> bytes:
    head, *lines = csv.reader(io.StringIO(content.decode()))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[*head, "Surname"], *([*line, word] for line in lines)])
    return out.getvalue().encode()


def as_workbook(content: bytes) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for line in csv.reader(io.StringIO(content.decode())):
        book.active.append(line)
    book.save(out)
    return out.getvalue()


def send(inbox: Inbox, path: Path, markers: Markers) -> dict[str, str]:
    """Drop a feed's marked deliveries, each named for a period of its own. Returns what becomes of each, by name."""
    any_time = contracts.load(path, ANY_PERIOD)
    if not any_time.main.synthetic:
        # Reference data are published for all, and nobody makes up any.
        assert all(column.classification in ("keep", "drop") for column in any_time.main.columns)
        return {}
    asked, supplier = any_time.main.synthetic, next(iter(any_time.suppliers))
    periods = list(islice(span(any_time.kind, asked["from"], "2099-12"), 5))
    contract = contracts.load(path, periods[0])
    made = rows.of_delivery(contract, periods[0], supplier, inbox.places)
    names = [deliveries.file_name(contract, period, supplier) for period in periods]

    content = files.content(contract, marked(contract, made, markers, KINDS))
    elsewhere = files.content(contract, marked(contract, made, markers, ("serves of another period",)))
    folder = contract.folder
    inbox.drop(folder, names[0], content)
    inbox.drop(folder, names[1], elsewhere)
    inbox.drop(folder, names[2], with_a_surname(contract, content, markers.word(f"{contract.feed}: a column of names")))
    inbox.drop(folder, names[3], content[: len(content) * 2 // 3])
    if contract.file_name.match(f"{names[4].rsplit('.', 1)[0]}.xlsx"):
        inbox.drop(folder, f"{names[4].rsplit('.', 1)[0]}.xlsx", as_workbook(content))
    # As if it were real, and no agreement covers it.
    inbox.drop(folder, names[4].replace(".synthetic", ""), elsewhere + b"\n")
    # A feed that brings nothing but kept columns may refuse a few unreadable rows among few.
    is_to_serve = any(column.classification != "keep" for entity in contract.entities for column in entity.columns)
    accepted = {names[0]: states.ACCEPTED} if is_to_serve else {}
    return accepted | {names[2]: states.REFUSED, names[3]: states.REFUSED}


# --- What is left ---


def left_in_files(settings: Settings) -> Iterator[tuple[str, bytes]]:
    for path in sorted(settings.home.rglob("*")):
        if path.is_file() and settings.inbox not in path.parents:
            yield str(path.relative_to(settings.home)), path.read_bytes()
    with psycopg.connect(settings.conninfo("postgres"), autocommit=True) as superuser:
        logged_so_far(superuser, settings.secrets.parent / "logs" / "postgres")
    for log in sorted((settings.secrets.parent / "logs").rglob("*")):
        if log.is_file():
            yield f"the log of PostgreSQL, {log.name}", log.read_bytes()


def left_in_database(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Every table of every schema, PostgreSQL's own with its statistics and comments too, each row as text."""
    with psycopg.connect(settings.conninfo("postgres"), autocommit=True) as connection:
        tables = connection.execute(
            "select n.nspname, c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'm') and n.nspname <> 'pg_toast' order by 1, 2"
        ).fetchall()
        for schema, name in tables:
            with connection.cursor().copy(
                sql.SQL("copy (select one::text from {} as one) to stdout").format(sql.Identifier(schema, name))
            ) as copy:
                yield f"{schema}.{name}", b"".join(bytes(block) for block in copy)


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """What the steps hand to Airflow: notes of runs, results, sentences of failed tasks."""
    notes: list[str] = []
    monkeypatch.setattr(AirflowApi, "write_note", lambda _, dag, run, note: notes.append(note))
    return notes


def take_in(feed: str, told: list[str]) -> None:
    batches = ingest.take_in(feed)
    told += [ingest.label(batch) for batch in batches]
    for step in ("stage", "gate", "accept"):
        told += [repr(ingest.each(step, batch)) for batch in batches]
    told += ingest.conclude(batches, f"ingest__{feed}", "a test")
    told.append(repr(ingest.questions([])))


@pytest.mark.services
def test_no_identifier_of_any_feed_is_left_anywhere(built_server, inbox, tmp_path, monkeypatch, capfd, caplog, told):
    caplog.set_level(logging.DEBUG)
    write_page(tmp_path / "code")
    monkeypatch.setenv("VRN_CONTRACTS", str(tmp_path / "code" / "expectations"))
    monkeypatch.setenv("VRN_DBT_PROJECT", str(tmp_path / "code" / "dbt_project"))
    # What a library writes aside is searched too.
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    deliveries.write_postcodes(inbox.settings, inbox.places)
    # Many rows are spoiled on purpose, and those that are left have to serve.
    monkeypatch.setattr(set_aside, "refusing", lambda *_: None)
    monkeypatch.setattr(set_aside, "holds", lambda *_: False)

    markers, expected = Markers(), {}
    for path in sorted(inbox.settings.contracts.glob("*.odcs.yaml")):
        feed = feed_name(path)
        expected |= {(feed, name): status for name, status in send(inbox, path, markers).items()}
        take_in(feed, told)
    told += [repr(build.take(step)) for step in STEPS]

    ledger_rows = inbox.connection.execute("select * from ops.submission").fetchall()
    by_name = {(row["feed"], row["file_name"]): row for row in ledger_rows}
    assert {key: by_name[key]["status"] for key in expected} == expected
    # The test means something only if each kind of row was met: set aside, and refused after it was staged.
    assert all(by_name[key]["rows_quarantined"] for key, status in expected.items() if status == states.ACCEPTED)
    assert sum(row["status"] == states.REFUSED and row["rows_in_file"] is not None for row in ledger_rows) > 10
    assert any(inbox.settings.messages.rglob("*-refused.csv"))
    assert any(inbox.settings.data_docs.rglob("*.html"))

    search = Search(markers.needles)
    captured = capfd.readouterr()
    records = "\n".join(f"{one.getMessage()} {one.args} {one.exc_text}" for one in caplog.records)
    spoken = {"stdout": captured.out, "stderr": captured.err, "logging": records, "what Airflow is told": "\n".join(told)}
    looked_at = [
        *((name, search.found(content)) for name, content in left_in_files(inbox.settings)),
        *((name, search.found(content)) for name, content in left_in_database(inbox.settings)),
        *((name, search.found(text.encode())) for name, text in spoken.items()),
    ]
    names = [name for name, _ in looked_at]
    assert any(name.endswith(landing.SEALED) for name in names)
    for table in (
        "raw.nwas_incident__incident__s",
        "linkage.yot_caseload__child__s",
        "quarantine.ssda903__header",
        "intermediate.int_crime__street",
    ):
        assert any(name.startswith(table) for name in names)
    leaks = [f"{name}: {one}" for name, found in looked_at for one in sorted(found)]
    assert not leaks, "\n".join(leaks)


def entities(folder: Path) -> list[Entity]:
    return [entity for path in sorted(folder.glob("*.odcs.yaml")) for entity in contracts.load(path, ANY_PERIOD).entities]


def test_every_column_of_the_list_above_is_still_protected(tmp_path):
    write_page(tmp_path)
    protected = {
        (entity.table, source.replace(" ", "_"))
        for entity in entities(tmp_path / "expectations")
        for source, columns in by_source(entity).items()
        if all(column.classification != "keep" for column in columns)
    }
    assert {(table, source) for table, sources in PROTECTED.items() for source in sources.split()} - protected == set()


def test_no_kept_column_is_called_what_a_name_an_identifier_or_free_text_would_be(tmp_path):
    write_page(tmp_path)
    kept = [
        (entity.table, column.name)
        for entity in entities(tmp_path / "expectations")
        for column in entity.columns
        if column.classification == "keep"
        and any(TELLING.search(name.rsplit("/", 1)[-1]) for name in (column.name, *column.source_names))
    ]
    assert set(kept) <= HARMLESS


@pytest.mark.parametrize(
    "disguise",
    [
        str.encode,
        lambda text: text.upper().encode(),
        lambda text: f"ada.{text}7".encode(),
        lambda text: text.encode().hex().encode(),
        lambda text: text.upper().encode().hex().upper().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(f"a{text} and more".encode()),
        lambda text: base64.b64encode(f"an{text.upper()} and more".encode()),
    ],
    ids=[
        "in clear",
        "in capitals",
        "within a word",
        "in hexadecimal",
        "in capital hexadecimal",
        "base64",
        "base64 from the second",
        "base64 from the third",
    ],
)
@pytest.mark.parametrize("needle", ["Zzyzxmarkabcd", "A739730000012", "17/7300012K", "ZX14 3QY"])
def test_the_search_sees_a_marker_in_every_disguise(needle, disguise):
    search = Search({needle: "here"})
    assert {one.split(",")[0] for one in search.found(b"a page {" + disguise(needle) + b"} of words")} == {"here"}
    assert search.found(b"a page of words") == set()


def test_the_search_takes_digits_within_a_hash_for_no_date():
    search = Search({"20060713": "a date of birth"})
    assert search.found(b"ab4420060713ff") == set()
    assert search.found(b"born 20060713, here") == {"a date of birth"}


@pytest.mark.parametrize("before", range(BLOCK - 15, BLOCK + 2))
def test_the_search_sees_a_marker_that_begins_in_the_block_and_ends_in_the_next(before):
    assert Search({"Zzyzxmarkabcd": "here"}).found(b" " * before + b"zzyzxmarkabcd" + b" ") == {"here"}
