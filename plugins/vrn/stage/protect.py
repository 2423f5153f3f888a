"""Privacy before anything is stored: hash, degrade or drop each column as its class says, a batch at a time.

Hash: the first 16 bytes of HMAC-SHA256(key of the domain, domain || 0x1F || canonical identifier), which PostgreSQL keeps as a
uuid. A local identifier is preceded by the supplier's code and 0x1F, for it means nothing elsewhere. Source: RFC 2104, which
lets a hash be cut to half its length. A plain hash would not do: the NHS number space can be tried out in minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity
from vrn.feeds.grammar import DOMAINS
from vrn.feeds.period import Period
from vrn.settings import Settings
from vrn.stage.days import age, to_month
from vrn.stage.identifiers import canonical
from vrn.stage.keyed import hmac_sha256
from vrn.stage.postcodes import Postcodes
from vrn.stage.verdicts import Verdicts

HASH_BYTES = 16
HASHED = pa.binary(HASH_BYTES)
MATCH_KEY = "match"

Key = Callable[[str], bytes]


def key_name(domain: str, version: int) -> str:
    """The name of the secret that holds a domain's key of a version, as 64 hexadecimal digits."""
    return f"hash_key_{domain}_v{version}"


def key_names(version: int) -> list[str]:
    """The names of all keys of a version."""
    return [key_name(domain, version) for domain in (*DOMAINS, MATCH_KEY)]


def keys_of(settings: Settings) -> Key:
    """Keys of the version in use, one for each identifier domain. Raises SecretMissing."""
    version = settings.key_version
    return lambda domain: bytes.fromhex(settings.secret(key_name(domain, version)))


@dataclass(frozen=True)
class Protection:
    """All that the classes of a contract's columns need for one delivery. Keys are fetched before the file is read."""

    contract: Contract
    period: Period
    hashers: Mapping[tuple[str, str], Callable[[pa.Array], pa.Array]]
    postcodes: Postcodes | None
    match_key: bytes | None
    verdicts: Verdicts

    @classmethod
    def of(cls, contract: Contract, period: Period, supplier: str, key: Key, settings: Settings) -> Protection:
        columns = [(entity.name, column) for entity in contract.entities for column in entity.columns]
        return cls(
            contract,
            period,
            {(entity, column.name): hasher(column, key, supplier) for entity, column in columns if column.classification == "hash"},
            Postcodes.of(settings) if any(column.classification == "lsoa" for _, column in columns) else None,
            key(MATCH_KEY) if any(column.classification == "match" for _, column in columns) else None,
            Verdicts(contract, period),
        )

    def apply(self, entity: Entity, column: Column, values: pa.Array, read: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """What is stored for a column. read: all columns of the batch in their types, for those that others refer to."""
        match column.classification:
            case "keep":
                return {column.name: values}
            case "hash":
                hashes = self.hashers[entity.name, column.name](values)
                if not column.has_check:
                    return {column.name: hashes}
                is_valid = pc.if_else(pc.is_null(values), None, pc.is_valid(hashes))
                return {column.name: hashes, f"{column.name}_is_valid": is_valid}
            case "month":
                return {column.name: to_month(values)}
            case "age":
                at = read.get(column.age_at or "", pa.scalar(self.period.end, pa.date32()))
                return {column.name: age(values, at)}
            case "verdict":
                return {column.name: self.verdicts.of(entity, column, values, read)}
            case "lsoa":
                return {column.name: self.postcodes.lsoa(values)}
        return {}


def hasher(column: Column, key: Key, supplier: str) -> Callable[[pa.Array], pa.Array]:
    """A function that turns a column of identifiers into keyed hashes; NULL and what is no identifier become NULL."""
    domain = column.identifier_domain or ""
    prefix = domain.encode() + b"\x1f" + (supplier.encode() + b"\x1f" if domain == "local" else b"")
    keyed = hmac_sha256(key(domain), prefix)

    def apply(values: pa.Array) -> pa.Array:
        encoded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)
        identifiers = canonical(encoded.dictionary, domain)
        # Of a blank too, because then every hash stands where its identifier does.
        digests = b"".join([keyed(one or b"")[:HASH_BYTES] for one in identifiers.cast(pa.binary()).to_pylist()])
        hashes = pa.Array.from_buffers(HASHED, len(identifiers), [None, pa.py_buffer(digests)])
        return pc.take(pc.if_else(identifiers.is_valid(), hashes, None), encoded.indices)

    return apply
