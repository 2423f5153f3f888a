"""Which records are one person, from hashes alone: exact rules first, then the weight of the evidence.

R1    the same valid national identifier (NHS number, UPN or former UPN, PNC id)
R2    the same surname, forename and birth date
PROB  the probability that two records worth comparing (candidates) are one person, by how their fields agree (agreement) and
      by what that tells (model)

Links are taken strongest first. Two different identifiers of one domain (and no former UPN between them) forbid a link, also
between any two records of the groups that it would join. Twins share surname, birth date and address: without agreement
of the forename there is no probable link.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.build.linkage.agreement import DIFFERENT, PART, SOUND, START, levels_of
from vrn.build.linkage.candidates import candidates
from vrn.build.linkage.clusters import Clusters
from vrn.build.linkage.fields import Fields
from vrn.build.linkage.model import Model
from vrn.build.linkage.pairs import Pairs, pairs_with_a_key

# Links from here to 0.95 are for a person to look at; match_score says which.
THRESHOLD = 0.8
DOMAINS = ("nhs", "upn", "pnc")


def link(records: pd.DataFrame) -> pd.DataFrame:
    """One row for each record: record_id, person_key, match_rule, match_score (the last two NULL for a person of one record).

    Needs the columns record_id and source. Read where present: nhs, upn, former_upn, pnc (hashes), sex, and the columns of
    vrn.stage.match_codes. The result does not depend on the order of the records.
    """
    table = records.sort_values("record_id", kind="stable").reset_index(drop=True)
    if table["record_id"].duplicated().any():
        raise ValueError("record_id is not unique: give each record its own before linking")
    fields = Fields(table)
    clusters = Clusters(fields)
    by_identifier = pairs_with_a_key(*([fields.identifiers[domain]] for domain in DOMAINS))
    by_name_and_birth = pairs_with_a_key([fields.key("surname_exact", "forename_exact", "dob_exact")])
    clusters.unite("R1", by_identifier, np.ones(len(by_identifier[0])))
    clusters.unite("R2", by_name_and_birth, np.ones(len(by_name_and_birth[0])))
    clusters.unite("PROB", *_probable(fields))
    return clusters.table(table["record_id"])


def _probable(fields: Fields) -> tuple[Pairs, np.ndarray, dict[str, np.ndarray]]:
    """Pairs above the threshold, the probability that they are one person, and where a slip of the pen would explain them."""
    pairs = candidates(fields)
    if not len(pairs[0]):
        return pairs, np.empty(0), {}
    model = Model(fields)
    levels = levels_of(fields, pairs)
    scores = model.scores(pairs, levels)
    # Twins differ in the forename, a father and the son named after him in the birth date, and each pair in little else.
    take = (scores >= THRESHOLD) & (levels["forename"] < DIFFERENT) & (levels["dob"] != DIFFERENT)
    slips = {"dob": levels["dob"][take] == PART, "forename": np.isin(levels["forename"][take], (SOUND, START))}
    return (pairs[0][take], pairs[1][take]), np.minimum(np.round(scores[take], 6), 0.999999), slips
