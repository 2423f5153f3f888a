"""What the counts of several indicators say of each other: their sentences (related.py) over the cells of one release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from vrn.publish.disclosure import groups, policies
from vrn.publish.disclosure.constraints import MAX_SLACK, Cells, Measure, Place, Relation
from vrn.publish.disclosure.geography import Geographies
from vrn.publish.disclosure.policies import Policy
from vrn.publish.disclosure.related import Sentence, Term
from vrn.publish.disclosure.spans import Calendar

# A denominator is a measure of its own, or what the two others of an unrounded proportion add to.
NAMES = {"count": [("count",)], "reference": [("reference",)], "denominator": [("group",), ("count", "complement")]}


def _strictest(sentence: Sentence, of: Mapping[str, Policy]) -> Policy:
    """What holds where sources meet. ValueError where they would tell the same count by different rules; of what only an earlier
    release said nobody can mend that, and both rules hold."""
    found = [of[name] for name in sorted(sentence.indicators) if name in of]
    if sentence.is_equation and not sentence.is_former and len({(one.limit, one.rounding) for one in found}) > 1:
        names = ", ".join(sorted(sentence.indicators))
        raise ValueError(f"{sentence.said_by}: adds_up has an equation of {names}, so they need the same suppression_policy.")
    return policies.strictest(name for one in found for name in one.name.split("+"))


class Ties:
    """The relations among the indicators of one group.

    As within an indicator they are taken from the counts: an equation where it holds; `parts ≤ wholes` where the parts fall short;
    nothing where they exceed. What parts leave of wholes is a count like others, though nobody publishes it: where it is small it
    gets a cell of its own, with the strictest policy of the indicators that meet in it (`rests`). What areas leave is no more than
    what the area around them leaves, nor what groups leave than all.
    """

    def __init__(
        self, sentences: list[Sentence], cells: Cells, geography: Geographies, calendar: Calendar, of: Mapping[str, Policy]
    ):
        self._sentences = [(one, _strictest(one, of)) for one in sentences if one.said_by in of]
        self._cells, self._geography, self._calendar = cells, geography, calendar
        self._index: dict[Place, int] = {}
        self._series: dict[tuple, set[str]] = {}
        self._seen: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
        # Sentences that a place's figures do not bear out, so that its months may not either.
        self._broken: set[tuple[Sentence, str, tuple[str, str]]] = set()
        self.relations: list[Relation] = []
        # Among months that nobody published, where real months could fulfil them (months.py).
        self._supposed: dict[Relation, None] = {}
        self.rests: dict[int, Policy] = {}

    def add_layer(self, index: Mapping[Place, int]) -> None:
        """The relations among the figures of one release: place → cell, of all indicators."""
        self._index = {place: number for place, number in index.items() if isinstance(place[2], str)}
        places: dict[str, dict[tuple, None]] = defaultdict(dict)
        self._series = defaultdict(set)
        for measure, area, period, cell in self._index:
            places[measure[0]][area, period, cell] = None
            self._series[measure, area, cell].add(period)
        for sentence, policy in self._sentences:
            said: dict[tuple[str, str, tuple[str, str]], Relation] = {}
            for area, period, cell in places[sentence.said_by]:
                if (cell == groups.TOTAL or not sentence.is_of_totals) and (one := self._say(sentence, policy, area, period, cell)):
                    said[area, period, cell] = one
            self._add_what_is_left(said)
        self._add_months(index)

    def _add_what_is_left(self, said: Mapping[tuple[str, str, tuple[str, str]], Relation]) -> None:
        """What a sentence leaves, summed over areas and over groups. Where each count adds up exactly, that says so already."""
        by_area: dict[tuple, dict[str, Relation]] = defaultdict(dict)
        by_group: dict[tuple, dict[tuple[str, str], Relation]] = defaultdict(dict)
        for (area, period, cell), one in said.items():
            by_area[period, cell][area] = by_group[area, period][cell] = one
        for of_places in by_area.values():
            for one in self._geography.sums(of_places.keys()):
                if not one.is_strict:
                    self._leave_less(of_places, one.parts, one.total)
        for of_cells in by_group.values():
            for one in groups.sums(frozenset(of_cells)):
                if not one.is_strict:
                    self._leave_less(of_cells, one.parts, one.total)

    def _leave_less(self, said: Mapping, names: Iterable, total: object) -> None:
        """The relation `what parts leave ≤ what the total leaves`, if the counts bear it out."""
        some = [said[name] for name in names if name in said]
        if total not in said or not some:
            return
        inner, outer = (tuple(number for one in some for number in one[side]) for side in (0, 1))
        of_total = said[total]
        slack = [self._sum(of_total[0]) - self._sum(inner), self._sum(of_total[1]) - self._sum(outer)]
        if max(map(abs, slack)) > MAX_SLACK and slack[1] - slack[0] > -MAX_SLACK:
            self.relations.append((outer + of_total[0], of_total[1] + inner, False))

    def _sum(self, numbers: Iterable[int]) -> float:
        return sum(self._cells.values[number] for number in numbers)

    def _add_months(self, index: Mapping[Place, int]) -> None:
        """The same of months that windows alone imply, of one indicator or of several: what holds of all periods holds of these."""
        months = {(place[0], place[1], month, place[3]): number for place, number in index.items()
                  if (month := self._calendar.month(place[2]))}  # fmt: skip
        unknown = {(place[1], place[2], place[3]) for place in index if isinstance(place[2], tuple)}

        def of_terms(terms: Iterable[Term], area: str, number: int, cell: tuple[str, str]) -> list[tuple[int, ...]]:
            found = []
            for term in terms:
                month = ("month", number - term.months_earlier)
                for names in NAMES[term.measure]:
                    places = [((term.indicator, name), area, month, term.group or cell) for name in names]
                    if all(place in months for place in places):
                        found.append(tuple(months[place] for place in places))
                        break
                else:
                    found.append(())
            return found

        in_order = sorted(unknown, key=str)
        for sentence, _ in self._sentences:
            for area, (_, number), cell in in_order:
                if (sentence, area, cell) in self._broken or (sentence.is_of_totals and cell != groups.TOTAL):
                    continue
                parts, wholes = (of_terms(terms, area, number, cell) for terms in (sentence.parts, sentence.wholes))
                if any(parts) and all(wholes):
                    of_parts, of_wholes = (tuple(one for some in side for one in some) for side in (parts, wholes))
                    if any(self._cells.values[one] != self._cells.values[one] for one in (*of_parts, *of_wholes)):
                        self._supposed[of_parts, of_wholes, sentence.is_equation and all(parts)] = None

    @property
    def supposed(self) -> list[Relation]:
        """Those among months that nobody published."""
        return list(self._supposed)

    def _say(self, sentence: Sentence, policy: Policy, area: str, period: str, cell: tuple[str, str]) -> Relation | None:
        """Adds what the sentence says of a place. Returns it where parts fall short of wholes."""
        parts, wholes = ([self._of_term(term, area, period, cell) for term in side] for side in (sentence.parts, sentence.wholes))
        is_whole = sentence.is_equation and all(parts)
        if not all(wholes):
            # The wholes that there are add to less, if the parts are all of it.
            if not is_whole:
                return None
            parts, wholes, is_whole = wholes, parts, False
        of_parts, of_wholes = (tuple(number for numbers in side for number in numbers) for side in (parts, wholes))
        if not of_parts:
            return None
        if (of_parts, of_wholes) not in self._seen:
            self._seen.add((of_parts, of_wholes))
            rest = ((sentence.said_by, "rest"), area, period, cell)
            if not self._add(of_parts, of_wholes, is_whole, rest, policies.POLICIES["none"] if sentence.is_rest_free else policy):
                self._broken.add((sentence, area, cell))
        return None if is_whole or (sentence, area, cell) in self._broken else (of_parts, of_wholes, False)

    def _add(self, parts: tuple[int, ...], wholes: tuple[int, ...], is_whole: bool, place: Place, policy: Policy) -> bool:
        """Returns whether the counts bear it out."""
        rest = self._sum(wholes) - self._sum(parts)
        if rest < -MAX_SLACK:
            return False
        if is_whole or not policy.is_small(rest):
            self.relations.append((parts, wholes, is_whole and rest < MAX_SLACK))
        else:
            number = self._cells.add(place, rest)
            self.rests[number] = policy
            self.relations.append(((*parts, number), wholes, True))
        return True if not is_whole else rest < MAX_SLACK

    def _of_term(self, term: Term, area: str, period: str, cell: tuple[str, str]) -> tuple[int, ...]:
        """The cells that add to a term; nothing where it has no figure there, nor figures of shorter periods that add to it."""
        if term.months_earlier:
            period = self._calendar.earlier(period, term.months_earlier)
        cell = term.group or cell
        for names in NAMES[term.measure]:
            found: list[int] = []
            for measure in ((term.indicator, name) for name in names):
                numbers = self._of_measure(measure, area, period, cell)
                if not numbers:
                    break
                found += numbers
            else:
                return tuple(found)
        return ()

    def _of_measure(self, measure: Measure, area: str, period: str | None, cell: tuple[str, str]) -> tuple[int, ...]:
        direct = self._index.get((measure, area, period, cell))
        if direct is not None:
            return (direct,)
        present = self._series.get((measure, area, cell), ())
        return tuple(self._index[measure, area, one, cell] for one in self._calendar.shorter(period, present))
