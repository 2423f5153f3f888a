"""A synthetic truth set for record linkage: invented persons with records in up to three services, and who is who.

Persons. Born 1990 to 2013. 80 % have names from a general list, 13 % from one of South Asian heritage (where a few names
are very common), 7 % from an Irish and Polish one. A name's frequency falls with its rank as 1 / (rank + 8); a third of
the surnames are made of syllables, which gives the long tail. 1.5 % are twins (same surname, birth date and address; in one
pair of eight the forenames rhyme: Jayden and Hayden) and 8 % are siblings at the same address. 0.4 % were given 1 January
as an estimated birthday.

Records. Police 60 %, youth offending 35 %, social care 55 % of persons, at least one each; one record in ten is repeated
in its service with new errors. Identifiers, as hashes: PNC in police 35 % and in youth offending 55 %; UPN in youth
offending 45 % and in social care 70 %; NHS number in youth offending 15 % and in social care 30 %. Else missing: invalid
and dummy identifiers are NULL when they come here. 4 % of persons with a UPN changed it: the older record has the old one,
the newer one has the new one and, as the former, the old.

Errors, each drawn by itself for every record, so that a record can have several:

====================================================== ======
one typing error (letter left out, added, changed, or two
neighbours swapped) in the surname                       4 %
the same in the forename                                 4 %
surname spelt by sound (ck/k, y/i, ph/f, doubled letters) 3 %
forename spelt by sound                                  3 %
accents, apostrophes and hyphens left out or replaced    50 % of the names that have them
in capitals / in small letters                          30 % / 5 %
surname and forename in each other's place               1.5 %
"Surname, Forename" in the surname's place               1 %
only the first or the last part of a double surname     15 % of those
another surname (marriage, adoption, care)               1 %
nickname                                                12 % of the forenames that have one; 12 of the 54 nicknames
                                                         are unknown to match_codes.py, and these are of common names
middle name after the forename                           5 %
only the initial of the forename                         0.5 %
a stand-in for surname or forename (UNKNOWN, NK)         0.7 %
day and month of birth swapped                           2 % (where the day can be a month)
one digit of the birth date off                          2.5 %
birth date missing / 1900-01-01                          1 % / 1 %
another postcode (moved)                                25 % (two in five to the same district)
postcode missing or a stand-in (ZZ99 3VZ)                7 %
sex missing / wrong                                      3 % / 0.5 %
====================================================== ======
"""

from __future__ import annotations

import random
import string
from bisect import bisect
from datetime import date, timedelta
from itertools import accumulate, count

import pandas as pd

from vrn.stage.match_codes import match_codes

PERSONS = 50_000
KEY = b"truth set key, 32 bytes or more."
FIRST_BIRTH, LAST_BIRTH = date(1990, 1, 1), date(2013, 12, 31)


def _list(names: str) -> list[str]:
    return names.split()


# Ordinary lists, most frequent first; no entry is about anybody.
SURNAMES = _list(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood"
    " Jackson Clarke Harrison Hughes Edwards Turner Hill Moore Cooper Ward Morris Clark Lewis Harris Baker Parker Bennett Lee"
    " Holmes Shaw Barnes Mason Hunt Holt Rhodes Carter Watson Bailey Kelly Richardson Collins Cox Marshall Riley Howarth"
    " Ashworth Entwistle Haworth Pickup Hargreaves Bamber Eastham Whittaker Duxbury Greenwood Sutcliffe Crabtree Livesey"
    " Aspinall Rigby Kay Aspden Catterall Cunliffe Bolton Blackburn Preston Barlow Pilkington Sharples Yates Singleton Threlfall"
    " Cartmell Parkinson Rawcliffe Gardner Kirkham Hodgson Fisher Swarbrick Cardwell Gornall Melling Hesketh Rimmer Sumner"
    " Fairhurst Worthington Marsden Dewhurst Nuttall Ormerod Kershaw Lord Heys Tattersall Barton Hindle Birtwistle Fielding"
    " Smith-Jones Taylor-Wood Clarke-Lewis Hall-Moore Kay-Bolton Shaw-Barnes MacDonald McKenzie Phillips Stephenson Thorpe"
)
SOUTH_ASIAN_SURNAMES = _list(
    "Khan Hussain Ahmed Ali Patel Iqbal Mahmood Akhtar Malik Shah Begum Hussein Bibi Mohammed Rehman Aslam Khalid Rashid Anwar"
    " Desai Bhamji Raja Sheikh Mirza Qureshi Aziz Javed Munir Yousaf Zaman Choudhury Miah Uddin Islam Rafiq Sadiq"
)
OTHER_SURNAMES = _list(
    "Murphy O'Neill O'Brien Kelly Walsh O'Connor Byrne Ryan Gallagher Doherty Kennedy Lynch Murray Quinn McCarthy O'Reilly"
    " Nowak Kowalski Wiśniewski Wójcik Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Novák García Müller"
    " Fernández Popescu D'Souza Nguyễn Brontë"
)
BOYS = _list(
    "Jack Thomas James Joshua Daniel Harry Samuel Joseph Matthew Callum Luke William Lewis Oliver Ryan Benjamin George Liam"
    " Jordan Adam Alexander Jake Connor Cameron Nathan Kieran Jamie Jacob Michael Ben Ethan Charlie Bradley Brandon Aaron Max"
    " Dylan Kyle Reece Robert Christopher David Edward Charles Mason Jayden Hayden Owen Louis Alex Joe Sean Scott John Tyler"
    " Isaac Leo Logan Noah Oscar Archie Henry Toby Rhys Declan Anthony Dominic Patrick Stephen Steven Andrew Peter Mark Jonathan"
    " Nicholas Zachary Freddie Theodore Sebastian Gabriel Louie Kai Aiden Jaden Morgan Zak Corey Ashton Leon Elliot Finley"
)
GIRLS = _list(
    "Chloe Emily Megan Olivia Sophie Charlotte Lauren Jessica Rebecca Hannah Bethany Ellie Katie Emma Lucy Abigail Molly Georgia"
    " Holly Amy Leah Grace Ella Mia Jade Shannon Eleanor Paige Alice Elizabeth Amelia Courtney Niamh Lily Caitlin Isabella Anna"
    " Erin Eve Ruby Daisy Poppy Freya Isabelle Phoebe Samantha Nicole Danielle Victoria Zoe Zoë Chelsea Natasha Rachel Alexandra"
    " Madeleine Millie Evie Francesca Catherine Katherine Kimberley Skye Libby Maisie Imogen Summer Tia Keira Kiera Amber Faith"
    " Jasmine Rosie Ava Eva Scarlett Tilly Nicola Jennifer Harriet Hollie Layla Lola Aimee Aimée Chloé Renée Gabriella"
)
SOUTH_ASIAN_BOYS = _list(
    "Mohammed Muhammad Ali Hassan Adam Ibrahim Yusuf Hamza Ahmed Bilal Usman Haris Zain Omar Umar Imran Abdullah Hamzah Yousuf"
    " Ismail Zakariya Sulaiman Hussain Kashif Adnan Faisal Tariq Haroon Ayaan Rayyan Isa Musa Junaid Danyal Aqib Raheem"
)
SOUTH_ASIAN_GIRLS = _list(
    "Aisha Fatima Maryam Zainab Khadija Sana Hafsa Aaliyah Iqra Amina Safa Sara Alisha Zara Noor Anisa Humaira Saima Nadia"
    " Sumaiya Mariam Aleena Hana Inaya Ayesha Halima Rabia Sadia Tasnim Zahra"
)
OTHER_BOYS = _list(
    "Conor Patrick Seán Oisín Cian Ciarán Jakub Kacper Szymon Filip Mateusz Michał Łukasz Paweł Wojciech Tomasz José Ruairí"
)
OTHER_GIRLS = _list("Siobhán Niamh Aoife Róisín Orla Zuzanna Julia Maja Oliwia Wiktoria Małgorzata Agnieszka Sinéad Gráinne")
SYLLABLES = _list("bar ben cal cor dal den fal gar hal hen kil lan mar mel nor pen ral sal tan tor ver wal wen win")
ENDINGS = _list("ton ley ham ford by shaw well wood field worth man son ridge den low gill")

NICKNAMES = {
    "Thomas": "Tom", "James": "Jim", "Joshua": "Josh", "Daniel": "Danny", "Samuel": "Sam", "Joseph": "Joe", "Matthew": "Matt",
    "William": "Billy", "Oliver": "Ollie", "Benjamin": "Ben", "Alexander": "Alex", "Michael": "Mike", "Robert": "Bob",
    "Christopher": "Chris", "David": "Dave", "Edward": "Ted", "Anthony": "Tony", "Stephen": "Ste", "Andrew": "Andy",
    "Nicholas": "Nick", "Zachary": "Zak", "Charles": "Charlie", "Mohammed": "Mo", "Sophie": "Soph", "Charlotte": "Lottie",
    "Jessica": "Jess", "Rebecca": "Becky", "Bethany": "Beth", "Abigail": "Abi", "Elizabeth": "Liz", "Eleanor": "Ellie",
    "Samantha": "Sam", "Victoria": "Tori", "Alexandra": "Lexi", "Catherine": "Kate", "Katherine": "Kat", "Francesca": "Fran",
    # Not in the list of match_codes.py.
    "Jordan": "Jordz", "Callum": "Cozza", "Ryan": "Rhino", "Liam": "Lee", "Kieran": "Kez", "Brandon": "Bran", "Megan": "Meggy",
    "Hannah": "Nan", "Lauren": "Lozza", "Muhammad": "Ham", "Abdullah": "Abz", "Wojciech": "Wojtek",
}  # fmt: skip
RHYMES = [("Jayden", "Hayden"), ("Aiden", "Jaden"), ("Ellie", "Millie"), ("Ava", "Eva"), ("Keira", "Kiera"), ("Hassan", "Hussain")]
SOUNDS = [
    *(("ck", "k"), ("ph", "f"), ("y", "i"), ("ie", "y"), ("ll", "l"), ("tt", "t"), ("nn", "n"), ("ss", "s"), ("th", "t")),
    *(("c", "k"), ("ee", "ea"), ("s", "z"), ("ou", "u"), ("x", "ks"), ("h", ""), ("e", "a"), ("l", "ll"), ("n", "nn")),
]
PLAIN = str.maketrans("áéíóúüöëèąćęłńóśźżãâêîôû", "aeiouuoeeacelnoszzaaeiou")
DISTRICTS = [
    f"{area}{number}"
    for area, last in (("PR", 9), ("BB", 12), ("FY", 8), ("LA", 6), ("WN", 8), ("L", 40))
    for number in range(1, last)
]
SERVICES = {"police": 0.60, "youth_offending": 0.35, "social_care": 0.55}
IDENTIFIERS = {
    "police": {"pnc": 0.35},
    "youth_offending": {"pnc": 0.55, "upn": 0.45, "nhs": 0.15},
    "social_care": {"upn": 0.70, "nhs": 0.30},
}


def truth_set(persons: int = PERSONS, seed: int = 1) -> pd.DataFrame:
    """Records in clear with `person`, the truth, in an order that tells nothing. Blank values are None."""
    chance = random.Random(seed)
    records = [record for person in _persons(persons, chance) for record in _records(person, chance)]
    chance.shuffle(records)
    for number, record in enumerate(records):
        record["record_id"] = f"{record['source']}-{number:07d}"
    return pd.DataFrame(records, dtype=object)


def as_linked(records: pd.DataFrame) -> pd.DataFrame:
    """The same as the linker gets it: match codes and identifier hashes, no clear values and no truth."""
    inputs = ("surname", "forename", "date_of_birth", "postcode")
    codes = match_codes({name: records[name].tolist() for name in inputs}, KEY)
    return pd.concat(
        [
            records[["record_id", "source", "nhs", "upn", "former_upn", "pnc", "sex"]].reset_index(drop=True),
            pd.DataFrame(codes, dtype=object),
        ],
        axis=1,
    )


def quality(records: pd.DataFrame, linked: pd.DataFrame) -> tuple[float, float]:
    """Precision and recall, in pairs of records."""
    both = records[["record_id", "person"]].merge(linked, on="record_id", validate="one_to_one")

    def pairs(*columns: str) -> int:
        sizes = both.groupby(list(columns)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    right = pairs("person", "person_key")
    return right / max(pairs("person_key"), 1), right / max(pairs("person"), 1)


class _Names:
    """Draws a name of a list, the earlier the more often."""

    def __init__(self, names: list[str]):
        self.names = names
        self.sums = list(accumulate(1 / (rank + 8) for rank in range(len(names))))

    def draw(self, chance: random.Random) -> str:
        return self.names[bisect(self.sums, chance.random() * self.sums[-1])]


def _long_tail(chance: random.Random, size: int) -> list[str]:
    made = {
        f"{chance.choice(SYLLABLES)}{chance.choice(['', chance.choice(SYLLABLES)])}{chance.choice(ENDINGS)}" for _ in range(size)
    }
    return sorted(name.capitalize() for name in made)


def _persons(persons: int, chance: random.Random) -> list[dict]:
    tail = _long_tail(chance, 4000)
    chance.shuffle(tail)
    surnames = {"general": _Names(SURNAMES), "south_asian": _Names(SOUTH_ASIAN_SURNAMES), "other": _Names(OTHER_SURNAMES)}
    forenames = {
        ("general", "M"): _Names(BOYS), ("general", "F"): _Names(GIRLS),
        ("south_asian", "M"): _Names(SOUTH_ASIAN_BOYS), ("south_asian", "F"): _Names(SOUTH_ASIAN_GIRLS),
        ("other", "M"): _Names(OTHER_BOYS), ("other", "F"): _Names(OTHER_GIRLS),
    }  # fmt: skip
    numbers = count(1)
    made: list[dict] = []

    def add(family: dict, **given) -> None:
        sex = given.pop("sex", None) or chance.choices("MF", (7, 3))[0]
        person = family | {"person": len(made), "sex": sex, "forename": forenames[family["group"], sex].draw(chance)} | given
        person["middle"] = forenames[family["group"], sex].draw(chance)
        person |= {"pnc": f"pnc{next(numbers):030x}", "upn": f"upn{next(numbers):030x}", "nhs": f"nhs{next(numbers):030x}"}
        person["old_upn"] = f"upn{next(numbers):030x}" if chance.random() < 0.04 else None
        made.append(person)

    while len(made) < persons:
        group = chance.choices(("general", "south_asian", "other"), (80, 13, 7))[0]
        surname = chance.choice(tail) if group == "general" and chance.random() < 0.4 else surnames[group].draw(chance)
        family = {"group": group, "surname": surname, "postcode": _postcode(chance), "district": None}
        family |= {"born": _birth(chance)}
        kind = chance.random()
        if kind < 0.0075:
            rhyme = chance.choice(RHYMES) if chance.random() < 0.125 else None
            add(family, **({"forename": rhyme[0]} if rhyme else {}))
            first = made[-1]
            add(family, sex=first["sex"] if rhyme else None, **({"forename": rhyme[1]} if rhyme else {}))
            while made[-1]["forename"] == first["forename"]:
                made.pop()
                add(family)
        elif kind < 0.0075 + 0.04:
            add(family)
            first = made[-1]
            add(family | {"born": _birth(chance)})
            while made[-1]["forename"] == first["forename"]:
                made.pop()
                add(family | {"born": _birth(chance)})
        else:
            add(family)
    return made[:persons]


def _birth(chance: random.Random) -> date:
    born = FIRST_BIRTH + timedelta(chance.randrange((LAST_BIRTH - FIRST_BIRTH).days + 1))
    return born.replace(month=1, day=1) if chance.random() < 0.004 else born


def _postcode(chance: random.Random, district: str | None = None) -> str:
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    return f"{district or chance.choice(DISTRICTS)} {chance.randrange(1, 10)}{chance.choice(letters)}{chance.choice(letters)}"


def _records(person: dict, chance: random.Random) -> list[dict]:
    sources = [source for source, share in SERVICES.items() if chance.random() < share] or [chance.choice(list(SERVICES))]
    sources += [source for source in sources if chance.random() < 0.10]
    records = []
    for source in sources:
        records.append(_record(person, source, chance))
    return records


def _record(person: dict, source: str, chance: random.Random) -> dict:
    surname, forename = _surname(person, chance), _forename(person, chance)
    if chance.random() < 0.015:
        surname, forename = forename, surname
    elif chance.random() < 0.01:
        surname, forename = f"{surname}, {forename}", None
    case = chance.random()
    change = str.upper if case < 0.30 else str.lower if case < 0.35 else str
    record = {
        "record_id": None,
        "source": source,
        "person": person["person"],
        "surname": change(surname),
        "forename": change(forename) if forename else None,
        "date_of_birth": _birth_as_written(person["born"], chance),
        "postcode": _postcode_as_written(person["postcode"], chance),
        "sex": _sex_as_written(person["sex"], chance),
    }
    identifiers = {domain: person[domain] if chance.random() < share else None for domain, share in IDENTIFIERS[source].items()}
    record |= {"nhs": None, "upn": None, "former_upn": None, "pnc": None} | identifiers
    if record["upn"] and person["old_upn"]:
        if chance.random() < 0.5:
            record["upn"] = person["old_upn"]
        else:
            record["former_upn"] = person["old_upn"]
    return record


def _surname(person: dict, chance: random.Random) -> str:
    name = person["surname"]
    if chance.random() < 0.007:
        return chance.choice(("UNKNOWN", "NK", "Not Known"))
    if chance.random() < 0.01:
        name = chance.choice(SURNAMES)
    if "-" in name and chance.random() < 0.15:
        name = chance.choice(name.split("-"))
    return _misspelt(name, chance)


def _forename(person: dict, chance: random.Random) -> str:
    name = person["forename"]
    if chance.random() < 0.007:
        return chance.choice(("UNKNOWN", "NK", "Baby"))
    if chance.random() < 0.005:
        return name[0]
    if name in NICKNAMES and chance.random() < 0.12:
        name = NICKNAMES[name]
    name = _misspelt(name, chance)
    return f"{name} {person['middle']}" if chance.random() < 0.05 else name


def _misspelt(name: str, chance: random.Random) -> str:
    if any(not letter.isascii() or letter in "'-" for letter in name) and chance.random() < 0.5:
        name = name.translate(PLAIN).replace("'", chance.choice(("", " ", "’"))).replace("-", chance.choice(("", " ")))
    if chance.random() < 0.03:
        name = _by_sound(name, chance)
    if chance.random() < 0.04:
        name = _mistyped(name, chance)
    return name


def _by_sound(name: str, chance: random.Random) -> str:
    fitting = [(old, new) for old, new in SOUNDS if old in name[1:]]
    if not fitting:
        return name
    old, new = chance.choice(fitting)
    return name[0] + name[1:].replace(old, new, 1)


def _mistyped(name: str, chance: random.Random) -> str:
    place = chance.randrange(len(name))
    letter = chance.choice(string.ascii_lowercase)
    kind = chance.randrange(4)
    if kind == 0 and len(name) > 2:
        return name[:place] + name[place + 1 :]
    if kind == 1:
        return name[:place] + letter + name[place:]
    if kind == 2 and place + 1 < len(name):
        return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    return name[:place] + letter + name[place + 1 :]


def _birth_as_written(born: date, chance: random.Random) -> str | None:
    if chance.random() < 0.01:
        return None
    if chance.random() < 0.01:
        return "1900-01-01"
    if born.day <= 12 and chance.random() < 0.02:
        born = born.replace(month=born.day, day=born.month)
    text = born.isoformat()
    if chance.random() >= 0.025:
        return text
    wrong = text
    while wrong == text or not _is_date(wrong):
        place = chance.choice((2, 3, 5, 6, 8, 9))
        wrong = f"{text[:place]}{chance.randrange(10)}{text[place + 1 :]}"
    return wrong


def _is_date(text: str) -> bool:
    try:
        return date(1940, 1, 1) <= date.fromisoformat(text) <= date(2020, 12, 31)
    except ValueError:
        return False


def _postcode_as_written(postcode: str, chance: random.Random) -> str | None:
    if chance.random() < 0.07:
        return chance.choice((None, "ZZ99 3VZ", "NK", ""))
    if chance.random() < 0.25:
        return _postcode(chance, postcode.split()[0] if chance.random() < 0.4 else None)
    return postcode if chance.random() < 0.8 else postcode.replace(" ", "").lower()


def _sex_as_written(sex: str, chance: random.Random) -> str | None:
    if chance.random() < 0.03:
        return None
    return sex if chance.random() > 0.005 else "FM"["MF".index(sex)]
