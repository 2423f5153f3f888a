"""What an auditor looks at: Splink's charts of the model, of one link, and of how well pairs that are known are told apart.

Pictures without a script or an address, kept in the warehouse for vrn_linker alone. None has a value or a code of a person; the
pair of the waterfall is named by its record ids, whose pseudonyms persons.person_link has too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import psycopg
import vl_convert
from psycopg import sql
from splink import DuckDBAPI, Linker

from vrn.build.linkage import database, model

VEGA_LITE = "5.21"
TABLE = """
create table if not exists persons.linkage_chart (
    chart text primary key, title text not null, svg text not null, drawn_at timestamptz not null
)
"""
COMMENTS = {
    None: "How the links of the last build came about, as pictures, for whoever audits linkage. vrn_linker alone reads it.",
    "chart": "match_weights, waterfall or precision_recall; one that there was nothing to draw of is not there.",
    "title": "What the picture shows; of the waterfall, which two records.",
    "svg": "The picture.",
    "drawn_at": "When the build drew it.",
}
MATCH_WEIGHTS = "What each agreement and difference weighs, as a power of two"
WATERFALL = "The least likely of the pairs that are likely enough to be linked: {} and {}"
PRECISION_RECALL = "Precision and recall by the weight from which pairs are linked, of pairs whose national identifiers are known"
# Whoever have one identifier are one person; whoever have two of one domain are not, however alike they are.
ALIKE = """
select
    one.unique_id as unique_id_l, other.unique_id as unique_id_r,
    [one.nhs = other.nhs, one.upn = other.upn, one.pnc = other.pnc] as same
from records as one inner join records as other using ({codes}) where one.unique_id < other.unique_id
"""
KEYS = (*database.IDENTIFIERS, "dob_exact, whole_sound", "dob_exact, postcode_district")
KNOWN = f"""
create table known_pair as
select 'records' as source_dataset_l, unique_id_l, 'records' as source_dataset_r, unique_id_r,
    list_contains(same, true)::int::double as clerical_match_score
from ({" union ".join(ALIKE.format(codes=codes) for codes in KEYS)})
where list_contains(same, true) or list_contains(same, false)
"""


class Chart(NamedTuple):
    """A picture as SVG, and what it shows."""

    title: str
    svg: str


def drawn(connection: duckdb.DuckDBPyConnection, linker: Linker, predicted: str, record_ids: Sequence[str]) -> dict[str, Chart]:
    """The charts by name. predicted: the table of scored pairs; record_ids: those of its numbers."""
    charts = {"match_weights": _chart(MATCH_WEIGHTS, linker.visualisations.match_weights_chart().chart_dict)}
    first = f"select * from {predicted} where {model.LINKABLE} order by match_weight, unique_id_l, unique_id_r limit 1"
    if pair := connection.sql(first).to_arrow_table().to_pylist():
        title = WATERFALL.format(*(record_ids[pair[0][f"unique_id_{side}"]] for side in "lr"))
        picture = linker.visualisations.waterfall_chart(pair, remove_sensitive_data=True)
        charts["waterfall"] = _chart(title, picture.chart_dict)
    connection.execute(KNOWN)
    if connection.sql("from known_pair limit 1").fetchall():
        known = linker.table_management.register_labels_table(DuckDBAPI(connection).register("known_pair"))
        picture = linker.evaluation.accuracy_analysis_from_labels_table(
            known, match_weight_round_to_nearest=0.5, output_type="accuracy"
        )
        charts["precision_recall"] = _chart(PRECISION_RECALL, picture.chart_dict)
    return charts


def _chart(title: str, picture: dict) -> Chart:
    # Splink's own title says what to click, and a picture has nothing to click on.
    picture["title"] = title
    return Chart(title, vl_convert.vegalite_to_svg(picture, vl_version=VEGA_LITE, allowed_base_urls=[]))


def ensure_table(connection: psycopg.Connection) -> None:
    """The table, which what vrn_linker makes in schema persons would else be read by vrn_owner."""
    connection.execute(TABLE)
    connection.execute("revoke all on persons.linkage_chart from vrn_owner")
    for column, comment in COMMENTS.items():
        of = sql.SQL("table persons.linkage_chart")
        if column:
            of = sql.SQL("column {}").format(sql.Identifier("persons", "linkage_chart", column))
        connection.execute(sql.SQL("comment on {} is {}").format(of, sql.Literal(comment)))


def keep(connection: psycopg.Connection, charts: dict[str, Chart]) -> None:
    """These in place of the last build's, in the caller's transaction."""
    connection.execute("delete from persons.linkage_chart")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into persons.linkage_chart (chart, title, svg, drawn_at) values (%s, %s, %s, now())",
            [(name, *chart) for name, chart in charts.items()],
        )
