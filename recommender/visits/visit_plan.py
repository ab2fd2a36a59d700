"""A proposal of visits as an office may see it: counts by school and kind, and what they are expected to be worth.

No teacher is in it. A count of lessons is about all teachers of a school, so schools below the district's minimum are put
together (`features.disclosure.merged_groups`), and totals are told in steps no finer than what one person can bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM, OTHERS, merged_groups, publishable, rounded
from features.documents import DocumentError

KINDS: Final = ("observation", "student_feedback", "class_link")
"""A lesson seen by one rater; one survey of her pupils; saying who teaches a class whose results nobody is linked to."""
CENTRAL: Final = 1.6449  # 90%


@dataclass(frozen=True)
class VisitQuestion:
    """org_id: a district, a school or "" for all; budget: visits; per_school: at most, None for no limit; kinds: of KINDS.

    open_on: the day on which courses must be open; seed: of draws.
    """

    org_id: str
    budget: int
    open_on: date
    per_school: int | None = None
    kinds: tuple[str, ...] = KINDS
    seed: int = 0


@dataclass(frozen=True)
class SchoolVisits:
    """One school, or those put together (school_id OTHERS, "" where even these are too few): visits by kind in the order of
    KINDS."""

    school_id: str
    visits: tuple[int, int, int]


@dataclass(frozen=True)
class ExpectedWorth:
    """Expected gain of the first courses added by the visits, teacher-SD summed over people; the central 90% of what it will
    turn out to be; the same number and kinds of visits at random; and how many people are expected to get another first
    course."""

    gain: float
    low: float
    high: float
    random: float
    changed: float

    def in_steps(self, largest: float) -> ExpectedWorth:
        """No finer than `largest`, what one person can bring; counts of people in steps of one."""
        gain, low, high, at_random = (rounded(v, largest) for v in (self.gain, self.low, self.high, self.random))
        return ExpectedWorth(gain, low, high, at_random, float(round(self.changed)))


@dataclass(frozen=True)
class VisitPlan:
    """The answer to one question: org_id "" for the whole workspace, budget in visits, per_school at most (None: no limit).

    What it was made of: as_of of the evidence, open_on the courses, model_version, tables (fingerprint), choices (digest).
    people: teachers considered. schools: by id, those with visits. worth: None where it would be about too few people.
    """

    org_id: str
    budget: int
    per_school: int | None
    kinds: tuple[str, ...]
    as_of: date
    open_on: date
    model_version: str
    tables: str
    choices: str
    made_up: bool
    people: int
    schools: tuple[SchoolVisits, ...]
    worth: ExpectedWorth | None

    @property
    def visits(self) -> tuple[int, int, int]:
        """All visits by kind."""
        total = np.array([s.visits for s in self.schools], dtype=np.int64).reshape(-1, 3).sum(axis=0)
        return int(total[0]), int(total[1]), int(total[2])

    def of_school(self, school_id: str) -> tuple[int, int, int] | None:
        """Visits of a school by kind; None where the school is not told apart."""
        own = next((s.visits for s in self.schools if s.school_id == school_id), None)
        return own if own is not None else (None if self.merged else (0, 0, 0))

    @property
    def merged(self) -> bool:
        """Whether schools are put together."""
        return any(s.school_id in (OTHERS, "") for s in self.schools)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"as_of": self.as_of.isoformat(), "open_on": self.open_on.isoformat()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From `as_json`. Raises DocumentError for other content."""
        try:
            worth = content["worth"]
            return cls(
                org_id=str(content["org_id"]), budget=int(content["budget"]),
                per_school=None if content["per_school"] is None else int(content["per_school"]),
                kinds=tuple(map(str, content["kinds"])), as_of=date.fromisoformat(content["as_of"]),
                open_on=date.fromisoformat(content["open_on"]), model_version=str(content["model_version"]),
                tables=str(content["tables"]), choices=str(content["choices"]), made_up=bool(content["made_up"]),
                people=int(content["people"]),
                schools=tuple(SchoolVisits(str(s["school_id"]), _three(s["visits"])) for s in content["schools"]),
                worth=None if worth is None else ExpectedWorth(**{name: float(v) for name, v in worth.items()}),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise DocumentError("visits.wrong_content") from error


def _three(values: Any) -> tuple[int, int, int]:
    first, second, third = (int(v) for v in values)
    return first, second, third


def school_visits(
    teachers: NDArray[np.object_], schools: NDArray[np.object_], visits: NDArray[np.int64], one_school: bool
) -> tuple[SchoolVisits, ...]:
    """teachers (N,): school id of every teacher considered; schools (a,), visits (a, 3): of each action. one_school: the school
    itself asks, so nothing is put together."""
    names, place = np.unique(teachers.astype(str), return_index=True)
    label = teachers.astype(str) if one_school else merged_groups(teachers, DISTRICT_MINIMUM)
    to_label = dict(zip(names.tolist(), label[place].tolist(), strict=True))
    totals: dict[str, NDArray[np.int64]] = {}
    for school, count in zip(schools.tolist(), visits, strict=True):
        name = to_label.get(str(school), "")
        totals[name] = totals.get(name, np.zeros(3, np.int64)) + count
    rows = sorted(totals.items(), key=lambda item: (item[0] in (OTHERS, ""), item[0]))
    return tuple(SchoolVisits(name, _three(count)) for name, count in rows)


def reported_worth(worth: ExpectedWorth, people: int, largest: float) -> ExpectedWorth | None:
    """In the steps in which it may be told; None for fewer people than the district's minimum."""
    return worth.in_steps(largest) if publishable(people) else None
