"""Originals at rest: what was sealed comes back as it was, and what was changed, cut or sealed with another key never does."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from tests.properties import examples
from vrn.receive import seal
from vrn.receive.seal import HEADER_BYTES, TAG_BYTES, Content, NotReadable, Unsealed

KEY = bytes(range(32))
CHUNK = 64
OURS, THEIRS = b"submission 1", b"submission 2"


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


def sealed(content: bytes, belongs_to: bytes = OURS) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / "sealed"
        said = seal.seal(io.BytesIO(content), target, KEY, belongs_to)
        assert said == seal.digest(io.BytesIO(content)) == Content(hashlib.sha256(content).hexdigest(), len(content))
        assert os.listdir(place) == ["sealed"]
        return target.read_bytes()


def unsealed(content: bytes, key: bytes = KEY, belongs_to: bytes = OURS) -> bytes:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        with Unsealed(Path(file.name), key, belongs_to) as opened:
            return opened.read()


def sealed_before(content: bytes) -> bytes:
    """As the first version sealed: belonging to nothing."""
    cipher, prefix = AESGCM(KEY), bytes(seal.PREFIX_BYTES)
    chunks = [content[start : start + CHUNK] for start in range(0, max(1, len(content)), CHUNK)]
    nonces = [prefix + number.to_bytes(4, "big") + bytes([number == len(chunks) - 1]) for number in range(len(chunks))]
    return b"VRN1" + prefix + b"".join(cipher.encrypt(nonce, chunk, None) for nonce, chunk in zip(nonces, chunks, strict=True))


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
        with io.BufferedReader(Unsealed(Path(file.name), KEY, OURS), 16) as opened:
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
                Unsealed(Path(file.name), KEY, OURS)


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


@examples(30)
@given(CONTENTS)
def test_what_was_sealed_for_one_submission_does_not_open_as_that_of_another(content):
    with pytest.raises(NotReadable, match="another submission"):
        unsealed(sealed(content), belongs_to=THEIRS)


@examples(30)
@given(CONTENTS)
def test_what_the_first_version_sealed_still_opens_and_a_bound_file_that_calls_itself_unbound_does_not(content):
    before = sealed_before(content)
    assert unsealed(before) == unsealed(before, belongs_to=THEIRS) == content
    # To call a bound file unbound does not unbind it.
    for one, other in ((sealed(content), b"VRN1"), (before, b"VRN2")):
        with pytest.raises(NotReadable):
            unsealed(other + one[len(other) :])


def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing_behind(tmp_path):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        seal.seal(Broken(), tmp_path / "sealed", KEY, OURS)
    assert os.listdir(tmp_path) == []


def test_a_file_that_was_never_sealed_is_not_taken_for_one():
    with pytest.raises(NotReadable, match="not a sealed original"):
        unsealed(b"attendance_key,sex\n1,F\n")
