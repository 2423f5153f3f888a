"""Privacy on arrival: keyed hashes that follow their definition, and dates degraded to months."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import date

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from vrn import protect
from vrn.contract import ANY_PERIOD, load
from vrn.settings import REPOSITORY

KEY = b"k" * 32
FEED = REPOSITORY / "expectations" / "police_street_crime.odcs.yaml"
COLUMN = replace(load(FEED, ANY_PERIOD).entity.columns[0], classification="hash", identifier_domain="crime")


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)), max_size=20))
def test_a_hash_is_the_keyed_hmac_of_the_identifier_as_written_in_capitals_without_outer_space(values):
    def expected(value):
        plain = "" if value is None else protect.pc.utf8_upper(protect.pc.utf8_trim_whitespace(pa.scalar(value))).as_py()
        return hmac.new(KEY, b"crime\x1f" + plain.encode(), hashlib.sha256).hexdigest() if plain else None

    hashed = protect.hasher(COLUMN, lambda _: KEY)(pa.array(values, pa.string()))
    assert hashed.to_pylist() == [expected(value) for value in values]


def test_another_key_or_domain_gives_another_hash():
    value = pa.array(["AB12"])
    other = replace(COLUMN, identifier_domain="person")
    first = protect.hasher(COLUMN, lambda _: KEY)(value)
    assert first != protect.hasher(other, lambda _: KEY)(value)
    assert first != protect.hasher(COLUMN, lambda _: b"x" * 32)(value)


def test_a_date_degraded_to_its_month_keeps_no_day():
    assert protect.to_month(pa.array([date(2004, 4, 3), None])).to_pylist() == [date(2004, 4, 1), None]
