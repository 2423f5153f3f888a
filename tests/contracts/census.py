"""Censuses of children in need made for a test: a child that breaks no rule, and what is changed in it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from vrn.feeds.contract import Entity

# What an element holds: a text, elements by their names, or several of its name. None takes it out.
Content = str | None | Mapping[str, Any] | list

HEADER: dict[str, Any] = {
    "CollectionDetails": {"Collection": "CIN", "Year": "2020", "ReferenceDate": "2020-03-31"},
    "Source": {"SourceLevel": "L", "LEA": "888"},
}
CHILD: dict[str, Any] = {
    "ChildIdentifiers": {"UPNunknown": "UN2", "PersonBirthDate": "2010-05-05", "GenderCurrent": "1"},
    "ChildCharacteristics": {"Ethnicity": "WBRI", "Disabilities": {"Disability": "NONE"}},
    "CINdetails": {
        "CINreferralDate": "2019-05-01",
        "ReferralSource": "6",
        "PrimaryNeedCode": "N1",
        "ReferralNFA": "false",
        "Assessments": {
            "AssessmentActualStartDate": "2019-05-02",
            "AssessmentAuthorisationDate": "2019-05-20",
            "FactorsIdentifiedAtAssessment": {"AssessmentFactors": "3B"},
        },
        "Section47": {
            "S47ActualStartDate": "2019-05-03",
            "InitialCPCtarget": "2019-05-24",
            "DateOfInitialCPC": "2019-05-20",
            "ICPCnotRequired": "false",
        },
        "ChildProtectionPlans": {
            "CPPstartDate": "2019-05-21",
            "InitialCategoryOfAbuse": "NEG",
            "LatestCategoryOfAbuse": "NEG",
            "NumberOfPreviousCPP": "0",
            "Reviews": {"CPPreviewDate": "2019-08-01"},
        },
    },
}


def changed(content: Content, change: Content) -> Content:
    """A content with a change to it: a list repeats what was there, once for each of its changes."""
    if isinstance(change, list):
        return [changed(content, one) for one in change]
    if not isinstance(change, Mapping):
        return change
    content = copy.deepcopy(dict(content)) if isinstance(content, Mapping) else {}
    return content | {name: changed(content.get(name), part) for name, part in change.items()}


def child(key: str, *changes: Content) -> Content:
    """The child that breaks no rule, under an identifier of its own unless a change says another."""
    made = changed(CHILD, {"ChildIdentifiers": {"LAchildID": key}})
    for change in changes:
        made = changed(made, change)
    return made


def text(header: Content, children: list[Content], later: int = 0) -> bytes:
    """The census as XML; every day in it so many years later than it is written here."""
    root = ElementTree.Element("Message")
    _fill(root, {"Header": header, "Children": {"Child": children}})
    for element in root.iter():
        for year in (2020, 2019) if later else ():
            element.text = (element.text or "").replace(str(year), str(year + later))
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def rows(entity: Entity, children: list[Content]) -> list[range]:
    """The numbers of each child's rows in an entity: their places among all of them."""
    made, first = [], 1
    for one in children:
        root = ElementTree.Element("Child")
        _fill(root, one)
        count = len(root.findall(entity.element)) if entity.element != "." else 1
        made.append(range(first, first + count))
        first += count
    return made


def _fill(element: ElementTree.Element, content: Mapping[str, Any]) -> None:
    for name, part in content.items():
        for one in _each(part):
            below = ElementTree.SubElement(element, name)
            if isinstance(one, Mapping):
                _fill(below, one)
            else:
                below.text = one


def _each(part: Content) -> Iterator[Content]:
    yield from part if isinstance(part, list) else [] if part is None else [part]
