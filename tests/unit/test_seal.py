"""Originals at rest: what was sealed comes back as it was, and what was changed, cut or sealed with another key never does."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties import examples
from vrn.receive import seal
from vrn.receive.seal import HEADER_BYTES, TAG_BYTES, NotReadable, Unsealed

KEY = bytes(range(32))
CHUNK = 64


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> Iterator[None]:
    """Chunks of a few bytes: what happens at a border happens at every border."""
    usual, seal.CHUNK_BYTES = seal.CHUNK_BYTES, CHUNK
    yield
    seal.CHUNK_BYTES = usual


# Sizes at, just before and just behind the borders of chunks, and some between.
SIZES = st.integers(0, 5).flatmap(
    lambda chunks: st.sampled_from([-17, -16, -1, 0, 1, 16, 17, 30]).map(lambda off: chunks * CHUNK + off)
)
CONTENTS = SIZES.filter(lambda size: size >= 0).flatmap(lambda size: st.binary(min_size=size, max_size=size))


def sealed(content: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place) / "clear", Path(place) / "sealed"
        source.write_bytes(content)
        seal.seal(source, target, KEY)
        assert source.read_bytes() == content
        assert sorted(os.listdir(place)) == ["clear", "sealed"]
        return target.read_bytes()


def unsealed(content: bytes, key: bytes = KEY) -> bytes:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        with Unsealed(Path(file.name), key) as opened:
            return opened.read()


@examples(150)
@given(CONTENTS)
def test_what_was_sealed_comes_back_byte_for_byte(content):
    assert unsealed(sealed(content)) == content


@examples(60)
@given(CONTENTS, st.lists(st.tuples(st.integers(-10, 400), st.integers(0, 200)), max_size=6))
def test_a_sealed_file_can_be_read_from_any_place_like_a_clear_one(content, reads):
    clear = io.BytesIO(content)
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(sealed(content))
        with io.BufferedReader(Unsealed(Path(file.name), KEY), 16) as opened:
            assert opened.seek(0, io.SEEK_END) == len(content)
            for place, count in reads:
                clear.seek(max(0, place))
                opened.seek(max(0, place))
                assert opened.read(count) == clear.read(count)


@examples(150)
@given(CONTENTS, st.data())
def test_a_changed_byte_anywhere_is_noticed(content, data):
    whole = sealed(content)
    place = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(1, 255))
    with pytest.raises(NotReadable):
        unsealed(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :])


@examples(150)
@given(CONTENTS, st.data())
def test_a_file_that_was_cut_anywhere_is_noticed(content, data):
    whole = sealed(content)
    borders = [HEADER_BYTES + n * (CHUNK + TAG_BYTES) + off for n in range(6) for off in (0, 1, TAG_BYTES - 1, TAG_BYTES)]
    place = data.draw(st.integers(0, len(whole) - 1) | st.sampled_from([one for one in borders if one < len(whole)] or [0]))
    with pytest.raises(NotReadable):
        unsealed(whole[:place])


def test_a_cut_at_every_single_byte_is_noticed_before_the_first_byte_is_given():
    whole = sealed(b"synthetic " * 20)
    for place in range(len(whole)):
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(whole[:place])
            with pytest.raises(NotReadable):
                Unsealed(Path(file.name), KEY)


def test_chunks_that_changed_places_or_were_left_out_or_come_from_another_file_are_noticed():
    content = bytes(CHUNK) * 3 + b"end"
    whole, step = sealed(content), CHUNK + TAG_BYTES
    head, chunks = whole[:HEADER_BYTES], [whole[HEADER_BYTES + n * step : HEADER_BYTES + (n + 1) * step] for n in range(4)]
    other = sealed(content)[HEADER_BYTES : HEADER_BYTES + step]
    for spoiled in ([1, 0, 2, 3], [0, 2, 3], [0, 1, 2, 2, 3]):
        with pytest.raises(NotReadable):
            unsealed(head + b"".join(chunks[n] for n in spoiled))
    with pytest.raises(NotReadable):
        unsealed(head + other + b"".join(chunks[1:]))


@examples(30)
@given(CONTENTS, st.binary(min_size=32, max_size=32).filter(lambda key: key != KEY))
def test_another_key_opens_nothing(content, key):
    whole = sealed(content)
    with pytest.raises(NotReadable):
        unsealed(whole, key)


def test_the_same_file_sealed_twice_looks_different_and_shows_nothing_of_itself():
    content = b"Synthetic Person, 01/02/2003\n" * 30
    first, second = sealed(content), sealed(content)
    assert first[HEADER_BYTES:] != second[HEADER_BYTES:]
    assert b"Synthetic" not in first
    assert len(set(first)) > 200


def test_a_file_that_was_never_sealed_is_not_taken_for_one():
    with pytest.raises(NotReadable, match="not a sealed original"):
        unsealed(b"attendance_key,sex\n1,F\n")
