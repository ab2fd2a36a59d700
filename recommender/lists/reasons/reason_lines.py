"""The five lines of every row of a list, put together."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from recommender.lists.need_contributions import NeedContributions
from recommender.lists.reasons.counterfactual import counters, sentence
from recommender.lists.reasons.course_reasons import CourseLines
from recommender.lists.reasons.hours_reasons import OwedHours
from recommender.lists.reasons.need_reasons import NeedLine
from recommender.lists.reasons.reason_words import BilingualText
from recommender.lists.top_lists import ScoredPairs
from recommender.types import Reason

Kind = Literal["need", "fit", "feasible", "evidence", "counter"]
KINDS: Final[tuple[Kind, ...]] = ("need", "fit", "feasible", "evidence", "counter")
Lines = tuple[BilingualText, BilingualText, BilingualText, BilingualText, BilingualText]


class ReasonWriter:
    """Writes reasons for rows of lists; holds what is the same for all rows of a snapshot.

    school_of: (N,) index of each teacher's school in school_ids (S,). objective: what scores order by.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        pulls: NeedContributions,
        school_ids: NDArray[np.object_],
        school_of: NDArray[np.intp],
        objective: str,
    ) -> None:
        self._snapshot = snapshot
        self._pulls = pulls
        self._by_need = objective == "gain"
        members = np.zeros((len(school_ids), len(snapshot.needs.competency_ids)), np.intp)
        np.add.at(members, school_of[school_of >= 0], snapshot.needs.applies[school_of >= 0].astype(np.intp))
        self._need = NeedLine(snapshot, members, school_ids)
        self._courses = CourseLines(snapshot)
        courses = snapshot.tables["courses"]
        self._title = [str(title) for title in courses["title"]]
        self._hours = courses["hours"].to_numpy(np.float64)
        self._category = [str(category) for category in courses["category"]]
        self._seats = courses["max_seats"].to_numpy(np.float64)

    @cached_property
    def owed(self) -> OwedHours:
        """Hours owed by every teacher."""
        return OwedHours(self._snapshot)

    def teachers(self, pairs: ScoredPairs, rows: ScoredPairs, basis: NDArray[np.object_]) -> list[Lines]:
        """Five lines for each of `rows`, the first places of `pairs` (all eligible, ordered)."""
        main = self._pulls.main(rows.unit, rows.course)
        counter = self._counter(pairs, main, rows, school=False)
        ids = self._snapshot.teacher_ids
        lines: list[Lines] = []
        for t, c, k, b in zip(rows.unit.tolist(), rows.course.tolist(), main.tolist(), basis, strict=True):
            before, after = self._courses.feasible[c]
            counts = self.owed.said(ids[t], self._category[c], float(self._hours[c]))
            feasible = BilingualText(f"{before.zh}，{counts.zh}；{after.zh}", f"{before.en}, {counts.en}; {after.en}")
            need = self._need.teacher(t, k, b)
            lines.append((need, self._courses.fit(c, k), feasible, self._courses.evidence[c], counter[t]))
        return lines

    def schools(self, pairs: ScoredPairs, rows: ScoredPairs, basis: NDArray[np.object_]) -> list[Lines]:
        """The same for schools; feasibility says for how many teachers the gain was added up."""
        main = self._need.main_of_schools(rows)
        counter = self._counter(pairs, main, rows, school=True)
        lines: list[Lines] = []
        for s, c, k, b, m in zip(
            rows.unit.tolist(), rows.course.tolist(), main.tolist(), basis, rows.members.tolist(), strict=True
        ):
            before, after = self._courses.feasible[c]
            feasible = BilingualText(
                f"{before.zh}；按本校 {m} 位符合条件的教师计算；{after.zh}",
                f"{before.en}; counted for {m} eligible {'teacher' if m == 1 else 'teachers'} of the school; "
                f"{after.en}",
            )
            need = self._need.school(s, k, b)
            lines.append((need, self._courses.fit(c, k), feasible, self._courses.evidence[c], counter[s]))
        return lines

    def _counter(self, pairs: ScoredPairs, main: NDArray[np.intp], rows: ScoredPairs, school: bool) -> dict[int, BilingualText]:
        """By unit: the line that its whole list shares."""
        tried = self._by_need and not school
        found = counters(self._snapshot, pairs, self._pulls if tried else None)
        firsts = np.flatnonzero(rows.places() == 0)
        said: dict[int, BilingualText] = {}
        for unit, condition, then, row in zip(
            found.units.tolist(), found.condition, found.course.tolist(), firsts.tolist(), strict=True
        ):
            need = self._need.name(int(main[row])) if main[row] >= 0 else None
            title = self._title[then] if then >= 0 else ""
            said[unit] = sentence(condition, title, need, float(self._hours[rows.course[row]]), school, tried)
        return said


def as_json(lines: Lines) -> str:
    """The `reasons` cell of the contract's file."""
    return json.dumps(
        [{"kind": kind, "zh": said.zh, "en": said.en} for kind, said in zip(KINDS, lines, strict=True)],
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip


def as_reasons(lines: Lines) -> tuple[Reason, ...]:
    """What the upper floors speak."""
    return tuple(Reason(kind, said.zh, said.en) for kind, said in zip(KINDS, lines, strict=True))
