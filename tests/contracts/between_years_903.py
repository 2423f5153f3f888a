"""For each rule that compares two years of the looked-after return: a child in last year's tables and in this one's.

A table's cells of last year and of this one, None for no row. What is not said is the same in both.
"""

from __future__ import annotations

from tests.made import Row

Years = tuple[Row | None, Row | None]

OPEN = {"DECOM": "01/05/2018", "RNE": "S", "LS": "C2", "CIN": "N1", "PLACE": "U4", "PLACE_PROVIDER": "PR1", "DEC": "", "REC": ""}


def changed(table: str, column: str, last: str, now: str, **also: str) -> dict[str, Years]:
    return {table: ({column: last} | also, {column: now} | also)}


def episode(column: str, last: str, now: str) -> dict[str, Years]:
    return {"episodes": (OPEN | {column: last}, OPEN | {column: now})}


# A child that breaks none of them, in every table in both years.
UNCHANGED: dict[str, Years] = {
    "episodes": (OPEN, OPEN),
    "uasc": ({"DUC": "01/05/2021"}, {"DUC": "01/05/2021"}),
    "placed_adoption": ({"DATE_PLACED": "01/06/2018"}, {"DATE_PLACED": "01/06/2018"}),
    "missing": (
        {"MISSING": "M", "MIS_START": "01/03/2019", "MIS_END": ""},
        {"MISSING": "M", "MIS_START": "01/03/2019", "MIS_END": "02/04/2019"},
    ),
}

BREAKS: dict[str, dict[str, Years]] = {
    "903-199": {"episodes": (OPEN | {"DEC": "01/06/2018", "REC": "E11"}, OPEN | {"DECOM": "01/05/2019"})},
    "903-202": changed("header", "SEX", "2", "1"),
    "903-203": changed("header", "DOB", "01/05/2008", "01/05/2009"),
    "903-204": changed("header", "ETHNIC", "WBRI", "WIRI"),
    "903-205A": {"uasc": ({"DUC": "01/05/2021"}, None)},
    "903-205B": changed("uasc", "DUC", "01/05/2021", "01/05/2022"),
    "903-205D": {"uasc": (None, {"DUC": "01/05/2021"})},
    "903-207": changed("header", "MOTHER", "1", "0") | {"episodes": (OPEN, OPEN)},
    "903-208": changed("header", "UPN", "P123456789123", "J888123456789"),
    "903-348": changed("oc3", "IN_TOUCH", "DIED", "YES"),
    "903-502": episode("DECOM", "01/05/2018", "02/05/2018"),
    "903-503A": episode("RNE", "S", "P"),
    "903-503B": episode("LS", "C1", "C2"),
    "903-503C": episode("CIN", "N1", "N5"),
    "903-503D": episode("PLACE", "U4", "U6"),
    "903-503E": episode("PLACE_PROVIDER", "PR1", "PR4"),
    "903-560": changed("placed_adoption", "DATE_PLACED", "01/06/2018", "02/06/2018"),
    "903-561": changed("placed_adoption", "DATE_PLACED_CEASED", "01/12/2018", "", DATE_PLACED="01/06/2018"),
    "903-562": episode("DECOM", "01/05/2018", "01/03/2019"),
    "903-576": changed("missing", "MIS_START", "01/03/2019", "01/05/2019", MISSING="M", MIS_END=""),
    "903-626": {"header": ({"MOTHER": "0", "MC_DOB": ""}, {"MOTHER": "1", "MC_DOB": "01/12/2018"})},
    "903-1000": {"episodes": (OPEN | {"DEC": "01/06/2018", "REC": "E2"}, None), "oc3": (None, {"IN_TOUCH": "YES"})},
    "903-1010": {"episodes": (OPEN, None), "oc3": (None, {"IN_TOUCH": "YES"})},
}
