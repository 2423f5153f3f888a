"""What agreement weighs: Fellegi and Sunter's model (JASA 1969), as Splink has it, and which pairs are worth comparing.

A level of a comparison adds log2(m / u) to the weight of a pair: m is how often two records of one person come out so, u how
often two of different persons do. What stands here is believed of few records; many teach their own.
"""

from __future__ import annotations

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

# So many records teach more than is believed.
ENOUGH_RECORDS = 20_000
SEED, RANDOM_PAIRS = 1969, 2e6
# Share of the pairs of one person whose names and birth date are the same in both.
SAME_NAMES_AND_BIRTH = 0.55
PRIOR = 1e-4
# A share of fewer records than these is mostly chance; it goes for u at exact agreement (believed, and how many records that is).
RECORDS_WORTH = 2_000
# Two forenames found together in this many families (surname and birth date), and in this share of those that have the rarer.
SHORT_FORM_FAMILIES, SHORT_FORM_SHARE = 5, 0.3


def _level(condition: str, label: str, m: float, u: float, **more) -> dict:
    return {"sql_condition": condition, "label_for_charts": label, "m_probability": m, "u_probability": u, **more}


def _missing(condition: str, label: str = "missing") -> dict:
    return {"sql_condition": condition, "label_for_charts": label, "is_null_level": True}


def _same(code: str, m: float, u: float) -> dict:
    return _level(f"{code}_l = {code}_r", "same", m, u, tf_adjustment_column=code)


def _all(condition: str, *codes: str) -> str:
    return " or ".join(condition.format(code=code) for code in codes)


FORENAME_CLOSE = "list_has_any(forename_variants_l, forename_variants_r)"
FIXED = {"fix_m_probability": True, "fix_u_probability": True}
UNKNOWN = "{code}_l is null or {code}_r is null"
EQUAL = "{code}_l = {code}_r"
SWAPPED = "surname_phonetic_l = forename_phonetic_r and forename_phonetic_l = surname_phonetic_r and surname_phonetic_l <> surname_phonetic_r"
COMPARISONS = {
    "surname": [
        _missing(_all(UNKNOWN, "surname_exact")),
        _same("surname_exact", 0.86, 0.004),
        _level(SWAPPED, "in each other's place", 0.02, 2e-6, fix_u_probability=True),
        _level("list_has_any(surname_variants_l, surname_variants_r)", "one letter apart", 0.08, 0.001),
        _level("surname_phonetic_l = surname_phonetic_r", "sound", 0.01, 0.0002),
        _level("ELSE", "different", 0.03, 0.9948),
    ],
    "forename": [
        _missing(f"({_all(UNKNOWN, 'forename_exact')}) and ({_all(UNKNOWN, 'forename_initial')})"),
        _missing(SWAPPED, "in each other's place"),
        _same("forename_exact", 0.80, 0.009),
        _level(FORENAME_CLOSE, "one letter apart or a form of it", 0.14, 0.004),
        _level("forename_phonetic_l = forename_phonetic_r", "sound", 0.005, 0.0002),
        _level(f"({_all(UNKNOWN, 'forename_exact')}) and forename_initial_l = forename_initial_r", "initial", 0.01, 0.001),
        _level("forename_start_l = forename_start_r", "start", 0.015, 0.003),
        _level("ELSE", "different", 0.03, 0.9828),
    ],
    # Weighs nothing but what two common names weigh too much where they go together (NAMESAKES).
    "namesakes": [
        _missing(_all(UNKNOWN, "whole_name")),
        _level(
            "surname_exact_l = surname_exact_r and forename_exact_l = forename_exact_r",
            "both names",
            *(1.0, 1.0),
            tf_adjustment_column="whole_name",
            disable_tf_exact_match_detection=True,
            **FIXED,
        ),
        _level("ELSE", "other names", 1.0, 1.0, **FIXED),
    ],
    "dob": [
        _missing(_all(UNKNOWN, "dob_exact")),
        _same("dob_exact", 0.93, 0.0001),
        _level("dob_exact_l = dob_swapped_r", "day and month swapped", 0.012, 0.00004),
        _level(_all(EQUAL, "dob_day_month", "dob_month_year", "dob_day_year"), "two parts of three", 0.05, 0.008),
        _level("ELSE", "different", 0.008, 0.99186),
    ],
    "postcode": [
        _missing(_all(UNKNOWN, "postcode_exact")),
        _same("postcode_exact", 0.58, 0.0001),
        _level("postcode_district_l = postcode_district_r", "district", 0.16, 0.02),
        _level("ELSE", "different", 0.26, 0.9799),
    ],
    # Whoever have one forename have one sex, whether or not they are one person: it tells something where the forename does not.
    "sex": [
        _missing(_all(UNKNOWN, "sex")),
        _missing(f"forename_exact_l = forename_exact_r or {FORENAME_CLOSE}", "as the forename says"),
        _level("sex_l = sex_r", "same", 0.99, 0.58),
        _level("ELSE", "different", 0.01, 0.42),
    ],
}
# Each allows for another kind of error, so that one error alone hides no pair.
BLOCKS = [
    block_on("births", "sounds", arrays_to_explode=["births", "sounds"]),
    block_on("births", "forename_initial", arrays_to_explode=["births"]),
    block_on("births", "postcode_exact", arrays_to_explode=["births"]),
    block_on("birth_parts", "whole_sound", arrays_to_explode=["birth_parts"]),
    block_on("birth_parts", "postcode_district", "sounds", arrays_to_explode=["birth_parts", "sounds"]),
    block_on("postcode_exact", "sounds", arrays_to_explode=["sounds"]),
    block_on("postcode_district", "whole_sound"),
]
# Pairs that agree in two things are mostly one person, and teach how often the other things agree then.
LEARNT_AMONG = (
    ("dob_exact", "postcode_district"),
    ("surname_exact", "forename_exact", "postcode_district"),
    ("surname_exact", "dob_exact"),
)
# Names that are two forms of one here get a variant in common.
SHORT_FORMS = f"""
with bearer as (
    select distinct surname_exact, dob_exact, forename_exact as name from records
    where surname_exact is not null and dob_exact is not null and forename_exact is not null
),
held as (
    select name, count(*) as families from bearer group by name
),
form as (
    select one.name as one, other.name as other, md5(one.name::text || other.name::text)::uuid as shared
    from bearer as one inner join bearer as other using (surname_exact, dob_exact)
    inner join held as of_one on of_one.name = one.name inner join held as of_other on of_other.name = other.name
    where one.name < other.name
    group by one.name, other.name
    having count(*) >= {SHORT_FORM_FAMILIES} and count(*) >= {SHORT_FORM_SHARE} * min(least(of_one.families, of_other.families))
)
update records set forename_variants = forename_variants || shared
from (select name, list(shared) as shared from (select one as name, shared from form union all select other, shared from form) group by name)
where forename_exact = name
"""
SHARE = """
create table share_of_{code} as
select {code}, (count(*) + {worth} * {u}) / (sum(count(*)) over () + {worth}) as tf_{code}
from records where {code} is not null group by {code}
"""
# Ali Hussain is commoner than Ali times Hussain: as many namesakes as the name has birth dates, but for those of the pair itself.
NAMESAKES = """
create table share_of_whole_name as
with name as (
    select whole_name, any_value(tf_surname_exact) * any_value(tf_forename_exact) as expected, count(distinct dob_exact) as births
    from records inner join share_of_surname_exact using (surname_exact) inner join share_of_forename_exact using (forename_exact)
    group by whole_name
)
select whole_name, greatest((births - 2) / sum(births) over () / expected, 1.0) as tf_whole_name from name
"""


def fitted(connection: duckdb.DuckDBPyConnection) -> Linker:
    """The model of these records."""
    connection.execute(SHORT_FORMS)
    api = DuckDBAPI(connection)
    records = api.register("records")
    settings = _settings(COMPARISONS, PRIOR)
    if len(connection.sql("from records")) >= ENOUGH_RECORDS:
        settings = _learnt(Linker(records, settings, log_level=None), connection)
    linker = Linker(records, settings, log_level=None)
    for name, levels in COMPARISONS.items():
        for level in levels:
            if code := level.get("tf_adjustment_column"):
                made = NAMESAKES if code == "whole_name" else SHARE.format(code=code, worth=RECORDS_WORTH, u=level["u_probability"])
                connection.execute(made)
    for code in ("surname_exact", "forename_exact", "dob_exact", "postcode_exact", "whole_name"):
        linker.table_management.register_term_frequency_lookup(api.register(f"share_of_{code}"), code)
    return linker


def _settings(comparisons: dict[str, list[dict]], prior: float) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=prior,
        comparisons=[{"output_column_name": name, "comparison_levels": levels} for name, levels in comparisons.items()],
        blocking_rules_to_generate_predictions=BLOCKS,
        retain_intermediate_calculation_columns=True,
    )


def _learnt(linker: Linker, connection: duckdb.DuckDBPyConnection) -> SettingsCreator:
    """u of random pairs, m by expectation maximisation over pairs that agree in what is not being learnt."""
    training = linker.training
    training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    prior = PRIOR
    if _has_pairs(connection, "surname_exact", "forename_exact", "dob_exact"):
        training.estimate_probability_two_random_records_match(
            [block_on("surname_exact", "forename_exact", "dob_exact")], recall=SAME_NAMES_AND_BIRTH
        )
        prior = linker.misc.save_model_to_json()["probability_two_random_records_match"]
    for codes in LEARNT_AMONG:
        if _has_pairs(connection, *codes):
            training.estimate_parameters_using_expectation_maximisation(block_on(*codes), estimate_without_term_frequencies=True)
    learnt = linker.misc.save_model_to_json()["comparisons"]
    comparisons = {
        name: [{**believed, **_rounded(level)} for believed, level in zip(levels, found["comparison_levels"], strict=True)]
        for (name, levels), found in zip(COMPARISONS.items(), learnt, strict=True)
    }
    return _settings(comparisons, prior)


def _rounded(level: dict) -> dict:
    """What was learnt, without the last digits: they differ with the order in which two processors add up."""
    return {name: float(f"{level[name]:.6g}") for name in ("m_probability", "u_probability") if name in level}


def _has_pairs(connection: duckdb.DuckDBPyConnection, *codes: str) -> bool:
    known = " and ".join(f"{code} is not null" for code in codes)
    found = connection.sql(f"select 1 from records where {known} group by {', '.join(codes)} having count(*) > 1 limit 1")
    return bool(found.fetchall())
