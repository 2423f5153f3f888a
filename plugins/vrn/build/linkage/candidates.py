"""Which pairs of records are worth comparing."""

from __future__ import annotations

import numpy as np

from vrn.build.linkage.fields import Fields
from vrn.build.linkage.pairs import Pairs, joined, pairs_with_a_key


def candidates(fields: Fields) -> Pairs:
    """Pairs worth comparing. Each block allows for another kind of error, so that one error alone hides no pair."""
    surname, forename = fields.codes["surname_phonetic"], fields.codes["forename_phonetic"]
    postcode, district = fields.codes["postcode_exact"], fields.codes["postcode_district"]
    # In either order, as names can be swapped.
    both = joined(np.minimum(surname, forename), np.maximum(surname, forename))
    births = fields.codes["dob_exact"], fields.codes["dob_swapped"]
    initial = fields.codes["forename_initial"]
    parts = [fields.codes[name] for name in ("dob_day_month", "dob_month_year", "dob_day_year")]
    blocks = [_keys([(birth, name) for birth in births for name in (surname, forename)])]
    blocks += [_keys([(birth, other) for birth in births]) for other in (initial, postcode)]
    blocks += [_keys([(part, both)]) for part in parts]
    blocks += [_keys([(part, district, name) for name in (surname, forename)]) for part in parts]
    blocks += [_keys([(postcode, name) for name in (surname, forename)]), _keys([(district, both)])]
    return pairs_with_a_key(*blocks)


def _keys(combinations: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    """Keys of the same meaning, numbered together so that a row's first can meet another row's second."""
    stacked = joined(*(np.concatenate(column) for column in zip(*combinations, strict=True)))
    return np.split(stacked, len(combinations))
