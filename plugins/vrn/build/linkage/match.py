"""Which records are one person, from hashes alone: exact rules first, then the weight of the evidence.

R1    the same valid national identifier (NHS number, UPN or former UPN, PNC id)
R2    the same surname, forename and birth date
PROB  the probability that two records worth comparing are one person, as Splink has it (model)

Links are taken strongest first. Two different identifiers of one domain (and no former UPN between them) forbid a link, also
between any two records of the groups that it would join. Twins share surname, birth date and address: without agreement
of the forename there is no probable link.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd

from vrn.build.linkage import charts, database, model
from vrn.build.linkage.charts import Chart
from vrn.build.linkage.clusters import Clusters

# Links from here to 0.95 are for a person to look at; match_score says which.
THRESHOLD = 0.8
ALIKE = """
select one.unique_id, other.unique_id, 1.0::double, []::text[]
from records as one inner join records as other using ({codes}) where one.unique_id < other.unique_id
"""
BY_IDENTIFIER = " union ".join(ALIKE.format(codes=domain) for domain in database.IDENTIFIERS) + " order by all"
BY_NAME_AND_BIRTH = ALIKE.format(codes="surname_exact, forename_exact, dob_exact") + " order by all"
# Of the levels in model.yaml (counted from below), two parts of a birth date, the sound or the start of a forename may be a slip of
# the pen.
PROBABLE = f"""
select
    unique_id_l, unique_id_r, least(round(match_probability, 6), 0.999999) as score,
    list_concat(if(gamma_dob = 1, ['dob'], []), if(gamma_forename in (1, 3), ['forename'], []))
from {{predicted}}
where {model.LINKABLE}
order by score desc, unique_id_l, unique_id_r
"""


def link(records: pd.DataFrame) -> pd.DataFrame:
    """One row for each record: record_id, person_key, match_rule, match_score (the last two NULL for a person of one record).

    Needs the columns record_id and source. Read where present: nhs, upn, former_upn, pnc (hashes), sex, and the columns of
    vrn.stage.match_codes. The result does not depend on the order of the records.
    """
    return link_and_draw(records, draw=False)[0]


def link_and_draw(records: pd.DataFrame, *, draw: bool = True) -> tuple[pd.DataFrame, dict[str, Chart]]:
    """What link returns, and the charts of the model and its links by name."""
    table = records.sort_values("record_id", kind="stable").reset_index(drop=True)
    if table["record_id"].duplicated().any():
        raise ValueError("record_id is not unique: give each record its own before linking")
    with database.of(table) as connection:
        linker = model.fitted(connection)
        predicted = linker.inference.predict(threshold_match_probability=THRESHOLD, warning_mode="never").physical_name
        clusters = _alone(connection, len(table))
        for rule, query in (("R1", BY_IDENTIFIER), ("R2", BY_NAME_AND_BIRTH), ("PROB", PROBABLE.format(predicted=predicted))):
            clusters.unite(rule, _rows(connection, query))
        drawn = charts.drawn(connection, linker, predicted, table["record_id"]) if draw else {}
    return clusters.table(table["record_id"]), drawn


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple]:
    found = connection.execute(query)
    while block := found.fetchmany(10_000):
        yield from block


def _alone(connection: duckdb.DuckDBPyConnection, size: int) -> Clusters:
    """Each record a group of its own."""
    held: list[dict] = [{} for _ in range(size)]
    said: dict[str, list[dict]] = {name: [{} for _ in range(size)] for name in ("dob", "forename")}
    services: dict[str, int] = {}
    query = f"select unique_id, source, dob_exact::text, forename_exact::text, {', '.join(database.IDENTIFIERS)} from records"
    for place, source, dob, forename, *ids in _rows(connection, query):
        bit = services.setdefault(source, 1 << len(services))
        held[place] = {domain: value for domain, value in zip(database.IDENTIFIERS, ids, strict=True) if value}
        said["dob"][place], said["forename"][place] = ({code: bit} if code else {} for code in (dob, forename))
    return Clusters(held, said)
