"""Figures reckoned once more from raw and the seed files, in plain Python: nothing of the dbt project's SQL is used.

`figures(connection)` gives {(indicator_id, area_code, period_id): Figure} for the periods in PERIODS; status is not its matter, so
compare the figures that marts.fct_indicator_value calls ok, with the limits to a few parts in a million.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vrn.settings import REPOSITORY

Z = 1.959963984540054
WEST = {"E06000009", "E07000119", "E07000121", "E07000128"}
EAST = {"E06000008", "E07000117", "E07000120", "E07000122", "E07000124", "E07000125"}
SOUTH = {"E07000118", "E07000123", "E07000126", "E07000127"}
DISTRICTS = WEST | EAST | SOUTH
COUNTY_COUNCIL = {code for code in DISTRICTS if code.startswith("E07")}
AREAS = {
    **{code: {code} for code in DISTRICTS},
    "LANCS-W": WEST,
    "LANCS-E": EAST,
    "LANCS-S": SOUTH,
    "E10000017": COUNTY_COUNCIL | {"E10000017"},
    "LANCS-14": DISTRICTS | {"E10000017", "LANCS-14"},
    "E23000003": DISTRICTS | {"LANCS-14", "OUT", "UNK"},
    **{site: {site} for site in ("RTX02", "RXL01", "RXN02", "RXR20")},
}
# Of each period: its first month, how many months, and the year of its population. Mid-2020 was published in June 2021, so on the
# day of the report mid-2019 stands for it.
PERIODS = {
    "2019-10": ((2019, 10), 1, 2019),
    "2020-05": ((2020, 5), 1, 2019),
    "2019/20-Q3": ((2019, 10), 3, 2019),
    "2019/20-Q4": ((2020, 1), 3, 2019),
    "2019/20": ((2019, 4), 12, 2019),
    "2020-03-R12": ((2019, 4), 12, 2019),
    "2020-06-R12": ((2019, 7), 12, 2019),
}
AUTHORITY = {"888": "E10000017", "889": "E06000008", "890": "E06000009", "lan": "E10000017", "bwd": "E06000008", "bpl": "E06000009"}
CAUTION_OR_SENTENCE = {
    *("youth_caution", "youth_conditional_caution", "absolute_discharge", "conditional_discharge", "fine", "referral_order"),
    *("reparation_order", "yro", "yro_iss", "dto", "s250", "s91", "extended"),
}


class Figure(NamedTuple):
    numerator: float
    denominator: float
    value: float
    lower_ci_95: float | None
    upper_ci_95: float | None


class Event(NamedTuple):
    area_code: str
    month_on: date
    counts: float = 1
    of: float = 1
    group: str = ""


def figures(connection) -> dict[tuple[str, str, str], Figure]:
    found: dict[tuple[str, str, str], Figure] = {}
    crimes = _crimes(connection)
    attendances = _rows(connection, "tiig_ed_attendance__attendance")
    lsoa = {row["lsoa_code"]: row["district_code"] for row in _seed("geography/lsoa")}
    for indicator, multiplier, ages, counted in (
        ("V01", 1e5, "all", lambda c: c["class"]["is_homicide"] == "true"),
        ("V03", 1e5, "all", _is_knife_enabled),
        ("V06", 1e3, "all", lambda c: c["class"]["is_vwi"] == "true"),
        ("V10", 1e5, "all", lambda c: c["class"]["is_robbery"] == "true"),
        ("V12", 1e3, "16+", lambda c: c["da_flag"]),
        ("V13", 1e4, "0-17", lambda c: c["cse_flag"] or c["cce_flag"] or c["ho_code"] == "71"),
        ("V15", 1e3, "all", _is_serious),
    ):
        events = [Event(c["area"], c["date_recorded"]) for c in crimes if counted(c)]
        found |= _rates(indicator, events, ages, multiplier)
    assaults = [row for row in attendances if row["injury_group"] == "assault"]
    for row in assaults:
        row["area"] = _residence(row["lsoa_residence"], lsoa)
    found |= _standardised("V16", [Event(r["area"], r["arrival_date"], group=_standard_band(r["age"])) for r in assaults], 1e5)
    found |= _shares(
        "V20",
        [
            Event(place, row["arrival_date"], row["alcohol_3h"] == "Y", row["alcohol_3h"] in ("Y", "N"))
            for row in assaults
            for place in (row["area"], row["site_code"])
        ],
    )
    found |= _rates("S01", _notifications(connection), "0-17", 1e3)
    found |= _rates("S04", _conference_cases(connection), "female 16+", 1e4)
    searches = _searches(connection)
    found |= _rates("S06", searches, "all", 1e3)
    found |= _ratios("S08", searches)
    found |= _rates("S11", _first_entrants(connection), "10-17", 1e5)
    found |= _rates("R09", _children_in_need(connection), "0-17", 1e4)
    found |= _rates("R11", _looked_after(connection), "0-17", 1e4)
    found |= _shares("R13a", _assessed(connection))
    return found | _shares("P03", _divert_cases(connection))


# What happened.


def _rows(connection, table: str) -> list[dict]:
    """The rows of the deliveries that serve, with their supplier and period."""
    return connection.execute(
        "select entity.*, submission.supplier, submission.period_start, submission.period_end, submission.extract_as_at "
        f"from raw.{table} as entity inner join ops.submission as submission using (submission_id) "
        "where submission.status = 'accepted' order by submission_id, row_number"
    ).fetchall()


def _latest(rows: Iterable[dict], key: Callable[[dict], object], *order: str) -> list[dict]:
    kept: dict[object, dict] = {}
    for row in sorted(rows, key=lambda row: tuple(row[name] for name in (*order, "submission_id", "row_number"))):
        kept[key(row)] = row
    return list(kept.values())


def _place(code: str | None, without: str = "UNK", elsewhere: str = "OUT") -> str:
    return code if code in DISTRICTS else without if code is None else elsewhere


def _residence(code: str | None, lsoa: dict[str, str]) -> str:
    if code is None or not re.fullmatch(r"E01\d{6}", code):
        return "UNK"
    return lsoa.get(code, "OUT")


def _crimes(connection) -> list[dict]:
    classes = {row["code"]: row for row in _seed("offences/home_office_class")}
    nothing = defaultdict(lambda: "false")
    latest = _latest(_rows(connection, "police_crime__crime"), lambda row: row["crime_ref"], "extract_as_at", "period_start")
    return [
        row | {"class": classes.get(row["ho_code"], nothing), "area": _place(row["lad_code"])}
        for row in latest
        if row["status"] == "active"
    ]


def _is_knife_enabled(crime: dict) -> bool:
    return bool(crime["knife_flag"]) and crime["class"]["is_adr_knife_selected"] == "true"


def _is_serious(crime: dict) -> bool:
    kinds = ("is_homicide", "is_vwi", "is_rape", "is_robbery", "is_aggravated_burglary")
    return _is_knife_enabled(crime) or bool(crime["gun_flag"]) or any(crime["class"][kind] == "true" for kind in kinds)


def _notifications(connection) -> list[Event]:
    rows = _latest(_rows(connection, "police_encompass__notification"), lambda row: (row["submission_id"], row["notification_id"]))
    told = [row for row in rows if row["status"] in ("sent", "late")]
    first: dict[object, dict] = {}
    for row in sorted(told, key=lambda row: row["sent_at"]):
        both = row["child_pid"] and row["incident_ref"]
        first.setdefault((row["child_pid"], row["incident_ref"]) if both else row["notification_id"], row)
    return [Event(_place(row["lad_code"]), row["sent_at"].date()) for row in first.values()]


def _conference_cases(connection) -> list[Event]:
    rows = _latest(_rows(connection, "police_marac__marac_case"), lambda row: (row["marac_id"], row["meeting_date"]))
    return [Event(_place(row["lad_code"], without="LANCS-14"), row["meeting_date"]) for row in rows]


def _searches(connection) -> list[Event]:
    london = ZoneInfo("Europe/London")
    outlines = [
        (row["area_code"], [(float(x), float(y)) for x, y in re.findall(r"\((-?[\d.]+),(-?[\d.]+)\)", row["boundary"])])
        for row in _seed("geography/district_boundary")
    ]
    places: dict[tuple[float, float], str] = {}
    events = []
    for row in _rows(connection, "police_stop_search__search"):
        if row["search_type"] == "Vehicle search":
            continue
        point = (row["longitude"], row["latitude"])
        if None in point or not (-9 <= point[0] <= 2.5 and 49 <= point[1] <= 61):
            area = "UNK"
        else:
            if point not in places:
                distance, nearest = min((_distance(point, outline), code) for code, outline in outlines)
                places[point] = nearest if distance <= 0.015 else "OUT"
            area = places[point]
        said = row["self_defined_ethnicity"]
        ethnicity = said if said and not said.endswith("Not stated") else row["officer_defined_ethnicity"]
        group = "" if not ethnicity else "white" if ethnicity.startswith("White") else "minority"
        events.append(Event(area, row["searched_at"].astimezone(london).date(), group=group))
    return events


def _distance(point: tuple[float, float], outline: list[tuple[float, float]]) -> float:
    """From a point to a polygon; 0 inside."""
    (px, py), inside, least = point, False, math.inf
    for (ax, ay), (bx, by) in zip(outline, outline[1:] + outline[:1], strict=True):
        if (ay > py) != (by > py) and px < (bx - ax) * (py - ay) / (by - ay) + ax:
            inside = not inside
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = max(0.0, min(1.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)) if length else 0.0
        least = min(least, math.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay)))
    return 0.0 if inside else least


def _months(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _is_from_10_to_17(birth: date | None, on: date | None) -> bool:
    return birth is not None and on is not None and 120 <= _months(birth, on) <= 216


def _first_entrants(connection) -> list[Event]:
    children = {(row["submission_id"], row["child_id"]): row for row in _rows(connection, "yot_caseload__child")}
    offences = {(row["submission_id"], row["offence_id"]): row["offence_on"] for row in _rows(connection, "yot_caseload__offence")}
    same: dict[str, str] = {}

    def head(name: str) -> str:
        while same.setdefault(name, name) != name:
            name = same[name]
        return name

    for row in children.values():
        for number in ("pnc", "upn"):
            if row[number]:
                same[head(f"{number} {row[number]}")] = head(row["child_id"])
    given: dict[tuple[str, date], list[dict]] = defaultdict(list)
    for row in _rows(connection, "yot_caseload__outcome"):
        child = children.get((row["submission_id"], row["child_id"]))
        substantive = row["outcome_type"] in CAUTION_OR_SENTENCE or (row["outcome_type"] == "other" and row["is_substantive"])
        if child is None or not substantive or not _is_from_10_to_17(child["birth_month"], row["outcome_on"]):
            continue
        offence = offences.get((row["submission_id"], row["offence_id"]))
        if row["offence_id"] and not _is_from_10_to_17(child["birth_month"], offence):
            continue
        own = child["lad_code"] in AREAS[AUTHORITY[row["supplier"]]]
        area = child["lad_code"] if own else AUTHORITY[row["supplier"]]
        given[head(row["child_id"]), row["outcome_on"]].append(row | {"area": area, "own": own})
    first = {}
    for person, on in sorted(given, key=lambda key: key[1]):
        first.setdefault(person, on)
    events = []
    for person, on in first.items():
        lists = given[person, on]
        if any(row["is_first"] for row in lists):
            best = min(lists, key=lambda row: (not row["own"], row["supplier"], row["submission_id"], row["row_number"]))
            events.append(Event(best["area"], on))
    return events


def _children(connection, table: str) -> dict[tuple[int, str], dict]:
    return {(row["submission_id"], row["child_id"]): row for row in _rows(connection, table)}


def _is_grown_up(birth: date | None, on: date) -> bool:
    return birth is not None and _months(birth, on) >= 12 * 18


def _children_in_need(connection) -> list[Event]:
    children = _children(connection, "cin_census__child")
    found = {}
    for row in _rows(connection, "cin_census__episode"):
        end, died = row["period_end"], children.get((row["submission_id"], row["child_id"]), {}).get("death_month")
        is_open = row["referred_on"] <= end and (row["closed_on"] is None or row["closed_on"] > end)
        if not row["is_no_further_action"] and is_open and not (died and died <= end) and not _is_grown_up(row["birth_month"], end):
            found[row["submission_id"], row["child_id"]] = Event(AUTHORITY[row["supplier"]], end)
    return list(found.values())


def _looked_after(connection) -> list[Event]:
    children = _children(connection, "ssda903__header")
    found = {}
    for row in _rows(connection, "ssda903__episodes"):
        end, key = row["period_end"], (row["submission_id"], row["child_id"])
        is_open = row["started_on"] <= end and (row["ended_on"] is None or row["ended_on"] > end)
        birth = children.get(key, {}).get("birth_month")
        if row["legal_status"] not in ("V3", "V4") and is_open and not _is_grown_up(birth, end):
            found[key] = Event(AUTHORITY[row["supplier"]], end)
    return list(found.values())


def _assessed(connection) -> list[Event]:
    """Episodes with an assessment that was completed in the census year and names factors, by its first month."""
    children = _children(connection, "cin_census__child")
    episodes: dict[tuple, list[dict]] = defaultdict(list)
    for row in _rows(connection, "cin_census__assessment"):
        done = row["authorised_on"] is not None and row["period_start"] <= row["authorised_on"] <= row["period_end"]
        if done and (row["factors"] or "").strip():
            episodes[row["submission_id"], row["child_id"], row["referred_on"]].append(row)
    events = []
    for (submission, child, _), rows in episodes.items():
        on = min(row["authorised_on"] for row in rows)
        birth = children.get((submission, child), {}).get("birth_month")
        # Until the end of the month of the 18th birthday nobody is sure to be 18.
        if birth is None or _months(birth, on) <= 216:
            named = {factor for row in rows for factor in row["factors"].split()}
            events.append(Event(AUTHORITY[rows[0]["supplier"]], on, bool(named & {"3A", "3B", "3C"})))
    return events


def _divert_cases(connection) -> list[Event]:
    rows = _latest(_rows(connection, "programme_divert__case"), lambda row: row["case_number"], "period_start")
    return [
        Event(_place(row["lad_code"], "LANCS-14", "LANCS-14"), row["referred_on"], row["engaged_on"] is not None) for row in rows
    ]


# What it is divided by, and the limits.


def _seed(name: str) -> list[dict]:
    with (REPOSITORY / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _residents() -> list[dict[str, str]]:
    """The estimates of the series that was published by the day of the report."""
    return [row for row in _seed("population/population") if row["population_vintage"] == "2011-census-based"]


def _population(ages: str) -> Counter:
    """By district and year."""
    whole, bands = ages == "all", {row["age_band"]: row for row in _seed("population/age_band")}
    sex = "female" if ages.startswith("female") else "all"
    span = re.search(r"(\d+)(?:-(\d+))?", ages)
    least, most = (int(span[1]), int(span[2] or 999)) if span else (0, 999)
    people: Counter = Counter()
    for row in _residents():
        band = bands.get(row["age_band"])
        within = band is not None and int(band["age_from"]) >= least and int(band["age_to"] or 200) <= most
        wanted = row["age_band"] == "all" if whole else within
        if row["sex"] == sex and wanted:
            people[row["area_code"], int(row["mid_year"])] += int(row["persons"])
    return people


def _standard_band(age: int | None) -> str:
    return "" if age is None else "90+" if age >= 90 else f"{age // 5 * 5:02}-{age // 5 * 5 + 4:02}"


def _within(events: Iterable[Event]) -> Iterable[tuple[str, str, int, list[Event]]]:
    """Each area and period with its events."""
    months: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in events:
        months[event.area_code, event.month_on.year * 12 + event.month_on.month].append(event)
    for period, ((year, month), length, population_year) in PERIODS.items():
        first = year * 12 + month
        for area, leaves in AREAS.items():
            yield (
                area,
                period,
                population_year,
                [event for leaf in leaves for index in range(first, first + length) for event in months.get((leaf, index), ())],
            )


def _rates(indicator: str, events: Iterable[Event], ages: str, multiplier: float) -> dict:
    people, found = _population(ages), {}
    for area, period, year, inside in _within(events):
        if persons := sum(people[leaf, year] for leaf in AREAS[area]):
            lower, upper = _poisson(len(inside))
            values = (scaled * multiplier / persons for scaled in (len(inside), lower, upper))
            found[indicator, area, period] = Figure(len(inside), persons, *values)
    return found


def _shares(indicator: str, events: Iterable[Event]) -> dict:
    found = {}
    for area, period, _, inside in _within(events):
        counts, of = sum(event.counts for event in inside), sum(event.of for event in inside)
        if of:
            middle, half = 2 * counts + Z * Z, Z * math.sqrt(Z * Z + 4 * counts * (1 - counts / of))
            lower, upper = ((middle + side * half) / (2 * (of + Z * Z)) * 100 for side in (-1, 1))
            found[indicator, area, period] = Figure(counts, of, counts / of * 100, lower, upper)
    return found


def _standardised(indicator: str, events: Iterable[Event], multiplier: float) -> dict:
    """Directly standardised, with Dobson's limits; nothing below ten events."""
    weights = {row["standard_band"]: int(row["weight"]) for row in _seed("population/standard_population")}
    bands = {row["age_band"]: row["standard_band"] for row in _seed("population/age_band")}
    people: Counter = Counter()
    for row in _residents():
        if row["sex"] == "all" and row["age_band"] in bands:
            people[row["area_code"], int(row["mid_year"]), bands[row["age_band"]]] += int(row["persons"])
    found = {}
    for area, period, year, inside in _within(events):
        counts = Counter(event.group for event in inside if event.group)
        persons = {band: sum(people[leaf, year, band] for leaf in AREAS[area]) for band in weights}
        total = sum(counts.values())
        if total < 10 or not all(persons.values()):
            continue
        rate = sum(weight * counts[band] / persons[band] for band, weight in weights.items()) / 1e5
        spread = math.sqrt(sum(counts[band] * (weight / persons[band]) ** 2 for band, weight in weights.items()) / 1e10 / total)
        lower, upper = (rate + spread * (limit - total) for limit in _poisson(total))
        found[indicator, area, period] = Figure(
            len(inside), sum(persons.values()), rate * multiplier, lower * multiplier, upper * multiplier
        )
    return found


def _ratios(indicator: str, events: Iterable[Event]) -> dict:
    """The rate of ethnic minorities to that of White people, of the residents of the census of 2011."""
    residents: Counter = Counter()
    for row in _seed("population/ethnic_population"):
        if row["census_year"] == "2011":
            residents[row["area_code"], "white" if row["ethnic_group"] == "white" else "minority"] += int(row["persons"])
    found = {}
    for area, period, _, inside in _within(events):
        counts = Counter(event.group for event in inside)
        few, many = (sum(residents[leaf, group] for leaf in AREAS[area]) for group in ("minority", "white"))
        if few and counts["white"]:
            ratio = counts["minority"] / few / (counts["white"] / many)
            width = math.exp(Z * math.sqrt(1 / counts["minority"] + 1 / counts["white"])) if counts["minority"] else None
            limits = (ratio / width, ratio * width) if width else (None, None)
            found[indicator, area, period] = Figure(counts["minority"], counts["white"] / many * few, ratio, *limits)
    return found


def _poisson(events: int) -> tuple[float, float]:
    """Byar's limits of a number of events; the exact ones below ten."""
    if events >= 10:
        lower = events * (1 - 1 / (9 * events) - Z / (3 * math.sqrt(events))) ** 3
        return lower, (events + 1) * (1 - 1 / (9 * (events + 1)) + Z / (3 * math.sqrt(events + 1))) ** 3
    return _mean_with(events - 1, 0.975) if events else 0.0, _mean_with(events, 0.025)


def _mean_with(most: int, share: float) -> float:
    """The mean at which `share` of Poisson numbers are `most` or fewer."""
    low, high = 0.0, 100.0
    for _ in range(200):
        mean = (low + high) / 2
        below = sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(most + 1))
        low, high = (mean, high) if below > share else (low, mean)
    return low
