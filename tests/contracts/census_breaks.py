"""What makes the good child of a census (tests/contracts/census.py) break each rule.

A change is written as the XML is: elements by name, None for one that is missing, a list for several. A tuple is of several
children, each of which breaks it. Days are of the census of 2019/20.
"""

from __future__ import annotations

from typing import Any

from tests.contracts.census import Content

VALID_UPN = "P123456789123"


def identifiers(**said: Content) -> dict[str, Any]:
    return {"ChildIdentifiers": said}


def characteristics(**said: Content) -> dict[str, Any]:
    return {"ChildCharacteristics": said}


def episode(**said: Content) -> dict[str, Any]:
    return {"CINdetails": said}


def assessment(*factors: str, **said: Content) -> dict[str, Any]:
    found = {"FactorsIdentifiedAtAssessment": {"AssessmentFactors": list(factors)}} if factors else {}
    return episode(Assessments=said | found)


def enquiry(**said: Content) -> dict[str, Any]:
    return episode(Section47=said)


def protection(*plans: dict[str, Content], **said: Content) -> dict[str, Any]:
    return episode(ChildProtectionPlans=list(plans) or said)


def need(*plans: dict[str, Content], **said: Content) -> dict[str, Any]:
    return episode(CINPlanDates=list(plans) or said)


def plan(start: str, end: str | None = None) -> dict[str, Content]:
    return {"CINPlanStartDate": start, "CINPlanEndDate": end}


BREAKS: dict[str, Content | tuple[Content, ...]] = {
    # The child.
    "CIN-1510": identifiers(UPN="A123456789123"),
    "CIN-1520": (identifiers(UPN=VALID_UPN), identifiers(UPN=VALID_UPN)),
    "CIN-1560Q": identifiers(FormerUPN="A123456789123"),
    "CIN-4180": identifiers(GenderCurrent="X"),
    "CIN-4220": characteristics(Ethnicity="MARS"),
    "CIN-8500": identifiers(LAchildID=None),
    "CIN-8510": (identifiers(LAchildID="SAME1"), identifiers(LAchildID="SAME1")),
    "CIN-8520": identifiers(PersonBirthDate="2020-05-01"),
    "CIN-8525Q": identifiers(PersonBirthDate=None),
    "CIN-8540": characteristics(Disabilities={"Disability": "WINGS"}),
    "CIN-8590": {"CINdetails": None},
    "CIN-8770Q": identifiers(UPNunknown=None),
    "CIN-8772": identifiers(UPNunknown="UN7"),
    "CIN-8775Q": identifiers(PersonBirthDate="1990-01-01"),
    "CIN-8790": characteristics(Disabilities={"Disability": ["NONE", "LD"]}),
    "CINL-002": identifiers(UPNunknown="UN9"),
    "CINL-003": identifiers(GenderCurrent=None),
    "CINL-004": characteristics(Ethnicity=None),
    "GEN-006": identifiers(PersonBirthDate="in May"),
    # The episode.
    "CIN-1104B": episode(DateOfInitialCPC="2019-04-30"),
    "CIN-2884B": episode(DateOfInitialCPC="2019-05-20"),
    "CIN-8568": episode(ReferralNFA=None),
    "CIN-8600": episode(CINreferralDate=None),
    "CIN-8606": identifiers(PersonBirthDate=None, ExpectedPersonBirthDate="2020-03-15"),
    "CIN-8610": episode(PrimaryNeedCode=None),
    "CIN-8620": episode(CINclosureDate="2020-04-01", ReasonForClosure="RC7"),
    "CIN-8630": episode(CINclosureDate="2019-04-30", ReasonForClosure="RC7"),
    "CIN-8640": episode(CINclosureDate="2020-03-01", ReasonForClosure="RC0"),
    "CIN-8650": episode(PrimaryNeedCode="N10"),
    "CIN-8715B": episode(DateOfInitialCPC="2020-04-01"),
    "CIN-8805": episode(CINclosureDate="2020-03-01"),
    "CIN-8810": episode(ReasonForClosure="RC7"),
    "CIN-8815": {"CINdetails": [{}, {"CINreferralDate": "2019-06-01"}]},
    "CIN-8816": {"CINdetails": [{}, {"CINreferralDate": "2019-06-01"}]},
    "CIN-8820": {
        "CINdetails": [{"CINclosureDate": "2019-07-01", "ReasonForClosure": "RC7"}, {"CINreferralDate": "2019-06-30"}],
    },
    "CINL-010": episode(ReferralSource="1Z"),
    "CINL-011": episode(ReferralSource=None),
    # The assessment.
    "CIN-1103": assessment(AssessmentActualStartDate="2019-04-30"),
    "CIN-8608": assessment(AssessmentActualStartDate="2019-05-21"),
    "CIN-8614": assessment(AssessmentAuthorisationDate=None),
    "CIN-8670Q": assessment(AssessmentAuthorisationDate=None),
    "CIN-8869": assessment("21", "3B"),
    "CIN-8897Q": assessment(FactorsIdentifiedAtAssessment=None),
    "CIN-8898": assessment("3B", "3B"),
    "CINL-020": assessment("18B"),
    "CINL-021": assessment(AssessmentAuthorisationDate="2020-04-01"),
    "CINL-022": assessment(AssessmentActualStartDate=None),
    # The enquiry under section 47.
    "CIN-1104": enquiry(DateOfInitialCPC="2019-04-30"),
    "CIN-2884": episode(DateOfInitialCPC="2019-05-20"),
    "CIN-2889": enquiry(S47ActualStartDate="2019-04-30"),
    "CIN-8675Q": enquiry(DateOfInitialCPC=None),
    "CIN-8715": enquiry(DateOfInitialCPC="2020-04-01"),
    "CINL-030": enquiry(S47ActualStartDate=None),
    "CINL-031": enquiry(ICPCnotRequired=None),
    # The child protection plan.
    "CIN-1105": protection(CPPstartDate="2019-04-30"),
    "CIN-8720": protection(CPPstartDate="2020-04-01"),
    "CIN-8730": protection(NumberOfPreviousCPP=None),
    "CIN-8840": protection(CPPendDate="2019-05-21"),
    "CIN-8841": protection(Reviews={"CPPreviewDate": "2019-05-21"}),
    "CIN-8905": protection(InitialCategoryOfAbuse="RAIN"),
    "CIN-8910": protection(LatestCategoryOfAbuse=None),
    "CIN-8915": identifiers(PersonDeathDate="2019-04-15"),
    "CIN-8920": identifiers(PersonDeathDate="2019-08-15") | protection(CPPendDate="2019-09-01"),
    "CIN-8925": protection(CPPendDate="2019-05-20"),
    "CIN-8930": protection(CPPendDate="2020-04-01"),
    "CIN-8935": protection({}, {"CPPstartDate": "2019-06-01"}),
    "CIN-8940": protection({"CPPendDate": "2019-06-01"}, {"CPPstartDate": "2019-06-01"}),
    "CINL-040": protection(NumberOfPreviousCPP="-1"),
    # The child in need plan.
    "CIN-4000": episode(ReferralNFA="true", CINPlanDates=plan("2019-05-02", "2019-05-20")),
    "CIN-4001": need(plan("2019-05-02")),
    "CIN-4003": (need(plan("2019-07-31", "2019-08-02")), need(plan("2019-07-31"))),
    "CIN-4004": need(plan("2019-05-02"), plan("2019-05-03")),
    "CIN-4008": identifiers(PersonDeathDate="2019-04-15") | need(plan("2019-05-02", "2019-05-20")),
    "CIN-4009": identifiers(PersonDeathDate="2019-04-15") | need(plan("2019-05-02", "2019-05-20")),
    "CIN-4010": need(plan("2020-04-01")),
    "CIN-4011": need(plan("2019-05-02", "2019-05-01")),
    "CIN-4012Q": need(plan("2019-05-02", "2019-05-02")),
    "CIN-4013": need(plan("2019-05-02", "2020-04-01")),
    "CIN-4014": need(plan("2019-05-02", "2019-05-10"), plan("2019-05-10", "2019-05-20")),
    "CIN-4015": need(plan("2019-04-30", "2019-05-20")),
    "CIN-4016": need(plan("2019-05-21", "2019-05-30")),
    "CIN-4017": need(plan("2019-05-02", "2019-05-22")),
    "CINL-050": need(plan("2019-05-02", "2019-05-20")),
}

# Rules that are asked of later censuses only, by the year.
LATER: dict[str, dict[str, Content]] = {
    "2024-25": {"CIN-8945Q": assessment("18A"), "CIN-8950Q": assessment("19A")},
}
# What a later census says instead.
LATER_CODES = {"2024-25": identifiers(GenderCurrent="M")}

# Rules on what the header says of the whole file, and the headers that break them.
HEADERS: list[tuple[set[str], dict[str, Content]]] = [
    ({"CIN-100", "CINL-005", "CINL-006"}, {"CollectionDetails": {"ReferenceDate": "2019-03-31"}}),
    ({"CINL-052"}, {"Source": {"LEA": "889"}}),
    ({"CINL-007", "CINL-008", "CINL-023", "CINL-032", "CINL-041", "CINL-051"}, {"Source": {"LEA": None}}),
]
