"""Privacy on arrival: keyed hashes that follow their definition, and dates degraded to months."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import date

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vrn.feeds.contract import load
from vrn.feeds.period import ANY_PERIOD
from vrn.settings import REPOSITORY
from vrn.stage import identifiers, keyed, protect

KEY = b"k" * 32
FEED = REPOSITORY / "expectations" / "police_street_crime.odcs.yaml"
COLUMN = replace(load(FEED, ANY_PERIOD).main.columns[0], classification="hash", identifier_domain="local")


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)), max_size=20))
def test_a_hash_is_half_the_keyed_hmac_of_the_domain_the_supplier_and_the_canonical_identifier(values):
    def expected(value):
        plain = identifiers.local(value) if value else None
        return hmac.new(KEY, b"local\x1flan\x1f" + plain.encode(), hashlib.sha256).digest()[:16] if plain else None

    hashed = protect.hasher(COLUMN, lambda _: KEY, "lan")(pa.array(values, pa.string()))
    assert hashed.to_pylist() == [expected(value) for value in values]


ODD = st.sampled_from(
    ["unknown", "Not Known", "NOTKNOWN", "n/a", "NA", "Nk", "000", "9999", "999", "xX", "--", "?", "tbc1", "\x1f", "\n"]
)
ASCII = st.text(st.characters(max_codepoint=127), max_size=6)


@given(st.lists(st.one_of(st.none(), ASCII, st.builds("".join, st.tuples(ASCII, ODD, ASCII)), ODD), max_size=20))
def test_an_identifier_has_one_form_alone_or_in_a_column(values):
    # Issue 17, point 1: plain columns are worked on whole.
    one_by_one = [identifiers.local(value) if value else None for value in values]
    assert identifiers.canonical(pa.array(values, pa.string()), "local").to_pylist() == one_by_one


@given(st.one_of(st.binary(max_size=64), st.binary(min_size=65, max_size=150)), st.binary(max_size=70), st.binary(max_size=150))
def test_a_key_set_up_once_gives_the_hash_that_it_gives_each_time(key, prefix, message):
    # Issue 17, point 1: the same bytes as before, so that nothing has to be hashed again.
    assert keyed.hmac_sha256(key, prefix)(message) == hmac.digest(key, prefix + message, "sha256")


def test_another_key_domain_or_supplier_gives_another_hash():
    value = pa.array(["9434765919"])
    other = replace(COLUMN, identifier_domain="nhs")
    first = protect.hasher(COLUMN, lambda _: KEY, "lan")(value)
    assert first != protect.hasher(other, lambda _: KEY, "lan")(value)
    assert first != protect.hasher(COLUMN, lambda _: b"x" * 32, "lan")(value)
    assert first != protect.hasher(COLUMN, lambda _: KEY, "bwd")(value)


def test_a_national_identifier_is_the_same_person_whoever_sends_it():
    column = replace(COLUMN, identifier_domain="upn")
    value = pa.array(["p123456789123"])
    assert protect.hasher(column, lambda _: KEY, "888")(value) == protect.hasher(column, lambda _: KEY, "889")(value)


def test_t041_what_fails_its_check_digit_is_never_hashed():
    garbage = pa.array(["9434765910", "UNKNOWN", "9999999999", "0000000000", "", None])
    column = replace(COLUMN, identifier_domain="nhs")
    assert protect.hasher(column, lambda _: KEY, "lan")(garbage).null_count == 6


def test_check_digits_by_the_vectors_of_the_standards():
    assert [identifiers.nhs(one) for one in ("943 476 5919", "4010232137", "9434765910")] == ["9434765919", "4010232137", None]
    valid = ("P123456789123", "J888123456789", "T889001234567", "L890000000001")
    assert [identifiers.upn(one) for one in (*valid, "A123456789123")] == [*valid, None]
    forms = ("2019/0123456E", "19/0123456E", "19/123456E", "20190123456E")
    assert {identifiers.pnc(one) for one in forms} == {"19/0123456E"}
    assert identifiers.pnc("2019/0123456F") is None


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(1, 9))
def test_no_single_wrong_digit_passes_as_an_nhs_number(number, place, off):
    digits = f"{number:09d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
    whole = digits + str(check % 11)
    wrong = whole[:place] + str((int(whole[place]) + off) % 10) + whole[place + 1 :]
    assert identifiers.nhs(wrong) is None or identifiers.nhs(whole) is None


@given(st.dates(date(1900, 1, 1)), st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_an_age_is_the_whole_years_lived(born, at):
    lived = at.year - born.year - ((at.month, at.day) < (born.month, born.day))
    assert protect.age(pa.array([born, None]), pa.scalar(at, pa.date32())).to_pylist() == [lived, None]


def test_a_date_degraded_to_its_month_keeps_no_day():
    assert protect.to_month(pa.array([date(2004, 4, 3), None])).to_pylist() == [date(2004, 4, 1), None]
