"""Splink's model of these records: model.yaml, with the frequencies of their values and what many of them teach."""

from __future__ import annotations

import logging
from pathlib import Path

import duckdb
import yaml
from splink import DuckDBAPI, Linker, block_on

# It warns of each level that no pair teaches, and of those what is believed holds.
logging.getLogger("splink").setLevel(logging.ERROR)
BELIEVED = Path(__file__).with_name("model.yaml")
# Twins differ in the forename, a father and the son named after him in the birth date, and each pair in little else: what is not so
# may be linked.
LINKABLE = "gamma_forename <> 0 and gamma_dob <> 0"
# So many records teach more than is believed.
ENOUGH_RECORDS = 20_000
SEED, RANDOM_PAIRS = 1969, 2e6
# Share of the pairs of one person whose names and birth date are the same in both.
SAME_NAMES_AND_BIRTH = 0.55
# Pairs that agree in two things are mostly one person, and teach how often the other things agree then.
LEARNT_AMONG = (
    ("dob_exact", "postcode_district"),
    ("surname_exact", "forename_exact", "postcode_district"),
    ("surname_exact", "dob_exact"),
)
# So many records more, of which a share u has the value: one seen once or twice is not taken for rarer than it is.
RECORDS_WORTH = 2_000
SHARE = """
create table share_of_{code} as
select {code}, (count(*) + {worth} * {u}) / (sum(count(*)) over () + {worth}) as tf_{code}
from records where {code} is not null group by {code}
"""
# Ali Hussain is commoner than Ali times Hussain: as many namesakes as the name has birth dates, but for those of the pair itself.
NAMESAKES = """
create table share_of_whole_name as
with name as (
    select whole_name, max(tf_surname_exact * tf_forename_exact) as expected, count(distinct dob_exact) as births
    from records inner join share_of_surname_exact using (surname_exact) inner join share_of_forename_exact using (forename_exact)
    group by whole_name
)
select whole_name, greatest((births - 2) / sum(births) over () / expected, 1.0) as tf_whole_name from name
"""
# Two forenames found together in 5 families (surname and birth date), and in 3 of 10 that have the rarer, are two forms of one name
# here though no list says so (Rhino and Ryan): they get a variant in common. Hassan and Hussain, which twins are given, are not
# found so often, for each has records of his own.
SHORT_FORMS = """
with bearer as (
    select distinct surname_exact, dob_exact, forename_exact as name from records
    where surname_exact is not null and dob_exact is not null and forename_exact is not null
),
held as (select name, count(*) as families from bearer group by name),
form as (
    select [one.name, other.name] as names, md5(one.name::text || other.name::text)::uuid as shared
    from bearer as one inner join bearer as other using (surname_exact, dob_exact)
    inner join held as of_one on of_one.name = one.name inner join held as of_other on of_other.name = other.name
    where one.name < other.name
    group by one.name, other.name
    having count(*) >= 5 and count(*) >= 0.3 * min(least(of_one.families, of_other.families))
),
shared as (select name, list(shared) as variants from (select unnest(names) as name, shared from form) group by name)
update records set forename_variants = forename_variants || shared.variants from shared where forename_exact = shared.name
"""


def fitted(connection: duckdb.DuckDBPyConnection) -> Linker:
    """The model of the table `records` of vrn.build.linkage.database."""
    connection.execute(SHORT_FORMS)
    api = DuckDBAPI(connection)
    records = api.register("records")
    model = yaml.safe_load(BELIEVED.read_text(encoding="utf-8"))
    levels = [level for comparison in model["comparisons"] for level in comparison["comparison_levels"]]
    if len(connection.sql("from records")) >= ENOUGH_RECORDS:
        linker = Linker(records, model, log_level=None, validate_settings=False)
        _learn(linker, connection)
        learnt = linker.misc.save_model_to_json()
        model["probability_two_random_records_match"] = learnt["probability_two_random_records_match"]
        found = [level for comparison in learnt["comparisons"] for level in comparison["comparison_levels"]]
        for level, taught in zip(levels, found, strict=True):
            # Without the last digits, which differ with the order in which two processors add up.
            level |= {name: float(f"{taught[name]:.6g}") for name in ("m_probability", "u_probability") if name in taught}
    linker = Linker(records, model, log_level=None, validate_settings=False)
    for level in levels:
        if code := level.get("tf_adjustment_column"):
            share = SHARE.format(code=code, worth=RECORDS_WORTH, u=level["u_probability"])
            connection.execute(NAMESAKES if code == "whole_name" else share)
            linker.table_management.register_term_frequency_lookup(api.register(f"share_of_{code}"), code)
    return linker


def _learn(linker: Linker, connection: duckdb.DuckDBPyConnection) -> None:
    """u of random pairs, m by expectation maximisation. What no pair teaches stays as it is believed."""
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    exact = ("surname_exact", "forename_exact", "dob_exact")
    if _has_pairs(connection, exact):
        linker.training.estimate_probability_two_random_records_match([block_on(*exact)], recall=SAME_NAMES_AND_BIRTH)
    for codes in LEARNT_AMONG:
        if _has_pairs(connection, codes):
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*codes), estimate_without_term_frequencies=True
            )


def _has_pairs(connection: duckdb.DuckDBPyConnection, codes: tuple[str, ...]) -> bool:
    """Whether any two records agree in all of these."""
    known = " and ".join(f"{code} is not null" for code in codes)
    found = connection.sql(f"select 1 from records where {known} group by {', '.join(codes)} having count(*) > 1 limit 1")
    return bool(found.fetchall())
