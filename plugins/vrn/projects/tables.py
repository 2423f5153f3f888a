"""The event tables that a project may ask for: from which model, what is kept of a row, and what of it becomes a pseudonym.

What is not listed here does not reach a project. Never listed: the delivery and the row number, which are the same for every
project and so would join two; names, postcodes, months of birth; LSOAs, for the district answers the questions that were asked
so far; the time of day of a crime, for the minute tells one from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Of a person without a record in persons.person_link, and of a feed that takes no part in linkage.
UNLINKED = None
POLICE, YOUTH_JUSTICE, CENSUS, CARE = "police_nominals", "yot_caseload", "cin_census", "ssda903"


@dataclass(frozen=True)
class EventTable:
    """An event table of a project.

    model: table of schema intermediate, one row per event and span of days in which it was known; today's rows are taken.
    feeds: which the rows come from. rests_on_all: each row rests on the deliveries of every supplier of the feed, so that the
    table is left out if one of them is.
    persons: column here -> (column of the model, feed whose records of linkage have this pseudonym).
    references: column here -> (column of the model, what it is a reference of).
    keep: columns as they are, or `expression as name`.
    """

    description: str
    model: str
    feeds: tuple[str, ...]
    keep: tuple[str, ...]
    persons: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rests_on_all: bool = False

    @property
    def pseudonyms(self) -> tuple[str, ...]:
        return (*self.persons, *self.references)

    @property
    def kept(self) -> tuple[str, ...]:
        """The names of the columns that are kept."""
        return tuple(one.rpartition(" as ")[2] for one in self.keep)


GROUPS = ("age", "age_band", "sex", "ethnicity")

TABLES = {
    "recorded_crime": EventTable(
        "One row per active crime of the restricted police extract; there is one for each victim of an incident. Flags overlap.",
        "int_crime__recorded",
        ("police_crime",),
        persons={"victim_id": ("victim_pid", POLICE), "suspect_id": ("suspect_pid", POLICE)},
        references={"crime_id": ("crime_ref", "crime"), "incident_id": ("incident_ref", "incident")},
        keep=(
            "recorded_on", "occurred_from_at::date as occurred_on", "is_historic", "is_night_time_economy", "ho_code",
            "offence_group", "area_code", "victim_age", "age_band", "sex", "ethnicity", "is_homicide", "is_violence_with_injury",
            "is_violence_without_injury", "is_stalking_or_harassment", "is_violence_against_the_person", "is_serious_violence",
            "is_rape", "is_other_sexual_offence", "is_robbery", "is_aggravated_burglary", "is_possession_of_weapons",
            "is_knife_enabled", "is_firearm", "is_domestic_abuse", "is_child_exploitation", "outcome_type_code", "outcome_on",
            "has_positive_outcome_in_six_months",
        ),
    ),
    "stop_search": EventTable(
        "One row per stop and search of the public files. There is no key; identical rows are separate searches.",
        "int_stop_search__search",
        ("police_stop_search",),
        keep=(
            "searched_on", "search_type", "area_code", "gender", "age_range", "ethnic_group", "legislation", "object_of_search",
            "outcome", "is_action_taken", "is_object_found", "is_person_searched",
        ),
    ),
    "marac_case": EventTable(
        "One row per case at a meeting of a multi-agency risk assessment conference.",
        "int_marac__case",
        ("police_marac",),
        persons={"victim_id": ("victim_pid", POLICE)},
        references={"marac_id": ("marac_id", "marac")},
        keep=("meeting_on", "area_code", "model", "referral_source", "sex", "is_repeat"),
    ),
    "encompass_notification": EventTable(
        "One row per child and incident of domestic abuse of which a school was to be told (Operation Encompass).",
        "int_encompass__notification",
        ("police_encompass",),
        persons={"child_id": ("child_pid", POLICE)},
        references={"incident_id": ("incident_ref", "incident"), "notification_id": ("notification_id", "notification")},
        keep=(
            "incident_local_at::date as incident_on", "sent_local_at::date as sent_on", "mash_code", "area_code", "child_age",
            "age_band", "domestic_abuse_risk", "status", "is_received_by_school", "is_timely",
        ),
    ),
    "divert_case": EventTable(
        "One row per person that DIVERT met in custody.",
        "int_divert__case",
        ("programme_divert",),
        references={"case_id": ("case_key", "divert")},
        keep=(
            "referred_on", "engaged_on", "closed_on", "referral_source", "ete_outcome", "area_code", "age_band", "sex",
            "is_engaged",
        ),
    ),
    "divert_follow_up": EventTable(
        "One row per closed case of DIVERT that was looked up twelve months later.",
        "int_divert__follow_up",
        ("programme_divert",),
        references={"case_id": ("case_key", "divert")},
        keep=("closed_on", "followed_up_on", "area_code", "age_band", "sex", "is_rearrested"),
    ),
    "youth_justice_outcome": EventTable(
        "One row per child and day with a caution or court disposal, whatever the number of offences and of teams that list it.",
        "int_youth_justice__outcome",
        ("yot_caseload",),
        persons={"child_id": ("person_pid", YOUTH_JUSTICE)},
        rests_on_all=True,
        keep=("outcome_on", "area_code", *GROUPS, "is_first_entry", "is_custody"),
    ),
    "youth_justice_offence": EventTable(
        "One row per proven offence of a child.",
        "int_youth_justice__proven_offence",
        ("yot_caseload",),
        persons={"child_id": ("person_pid", YOUTH_JUSTICE)},
        rests_on_all=True,
        keep=("offence_on", "proven_on", "offence_category_code", "gravity", "is_serious_violence", "area_code", *GROUPS),
    ),
    "youth_justice_reoffending": EventTable(
        "One row per child of a quarter's cohort whose window of eighteen months is over.",
        "int_youth_justice__reoffending",
        ("yot_caseload",),
        persons={"child_id": ("person_pid", YOUTH_JUSTICE)},
        rests_on_all=True,
        keep=("cohort_on", "area_code", "age_band", "sex", "ethnicity", "reoffence_count", "has_reoffended"),
    ),
    "referral": EventTable(
        "One row per referral of a child to children's social care.",
        "int_social_care__referral",
        ("cin_census",),
        persons={"child_id": ("child_pid", CENSUS)},
        keep=("referred_on", "area_code", *GROUPS, "is_no_further_action", "is_re_referral"),
    ),
    "assessed_episode": EventTable(
        "One row per referred child and delivery whose assessment of the year found factors.",
        "int_social_care__assessed_episode",
        ("cin_census",),
        persons={"child_id": ("child_pid", CENSUS)},
        keep=(
            "month_on", "referred_on", "area_code", *GROUPS, "has_domestic_abuse", "has_gangs", "has_sexual_exploitation",
            "has_criminal_exploitation",
        ),
    ),
    "child_in_need": EventTable(
        "One row per child in need on 31 March and authority.",
        "int_social_care__child_in_need",
        ("cin_census",),
        persons={"child_id": ("child_pid", CENSUS)},
        keep=("month_on", "area_code", *GROUPS, "is_under_18", "is_unborn"),
    ),
    "child_protection_plan": EventTable(
        "One row per child with a child protection plan on 31 March and authority.",
        "int_social_care__child_protection_plan",
        ("cin_census",),
        persons={"child_id": ("child_pid", CENSUS)},
        keep=("month_on", "area_code", *GROUPS, "is_under_18"),
    ),
    "looked_after": EventTable(
        "One row per child looked after on 31 March and authority, short breaks left out.",
        "int_social_care__looked_after",
        ("ssda903",),
        persons={"child_id": ("child_pid", CARE)},
        keep=("month_on", "area_code", *GROUPS, "is_under_18", "legal_status_code", "placement_code"),
    ),
    "looked_after_year": EventTable(
        "One row per child looked after on every day of a financial year, with what was found in it.",
        "int_social_care__looked_after_year",
        ("ssda903",),
        persons={"child_id": ("child_pid", CARE)},
        keep=("month_on", "area_code", *GROUPS, "is_convicted", "has_substance_misuse", "sdq_score"),
    ),
    "navigator_referral": EventTable(
        "One row per person whom a navigator met in an emergency department.",
        "int_ed__navigator_referral",
        ("programme_ed_navigators",),
        keep=("month_on", "area_code", "age_band", "sex", "injury_type", "is_violence_related", "is_engaged", "session_count"),
    ),
    "ed_attendance": EventTable(
        "One row per injury attendance at an emergency department, as in marts.fct_ed_attendance: no key and no day, so that no "
        "attendance can be told from another.",
        "int_ed__attendance",
        ("tiig_ed_attendance",),
        keep=(
            "month_on", "area_code", "site_area_code", "age_band", "sex", "ethnicity", "injury_group", "is_assault",
            "assault_method_code", "assault_location_type_code", "disposal_code",
        ),
    ),
}  # fmt: skip
