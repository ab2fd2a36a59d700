"""The five lines of every row of a list, put together."""

from __future__ import annotations

import copy
import json
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from features.hours import course_last_days
from features.messages import BilingualText, message
from features.snapshot import Snapshot
from models.effects.effect_estimates import CourseEffects
from recommender.lists.need_contributions import NeedContributions
from recommender.lists.reasons.counterfactual import counter_line, find_counterfactuals
from recommender.lists.reasons.course_reasons import CourseLines
from recommender.lists.reasons.hours_reasons import OwedHours, hours_line
from recommender.lists.reasons.need_reasons import NeedLine
from recommender.lists.top_lists import Index, ScoredPairs
from recommender.text import in_both
from recommender.types import Reason

Kind = Literal["need", "fit", "feasible", "evidence", "counter"]
KINDS: Final[tuple[Kind, ...]] = ("need", "fit", "feasible", "evidence", "counter")
Lines = tuple[BilingualText, BilingualText, BilingualText, BilingualText, BilingualText]


class ReasonWriter:
    """Writes the reasons for rows of lists; has what all rows of a snapshot share.

    school_of: (N,) index of each teacher's school in school_ids (S,). objective: what scores order by. estimated: effects of
    courses with the numbers of people compared.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        contributions: NeedContributions,
        school_ids: NDArray[np.object_],
        school_of: NDArray[np.intp],
        objective: str,
        estimated: CourseEffects | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._contributions = contributions
        self._by_need = objective == "gain"
        members = np.zeros((len(school_ids), len(snapshot.needs.competency_ids)), np.intp)
        np.add.at(members, school_of[school_of >= 0], snapshot.needs.applies[school_of >= 0].astype(np.intp))
        self._competencies = competency_names(snapshot)
        self._need = NeedLine(snapshot, self._competencies, members, school_ids)
        self._courses = CourseLines(snapshot, self._competencies, estimated)
        courses = snapshot.tables["courses"]
        self._title = [str(title) for title in courses["title"]]
        self._hours = courses["hours"].to_numpy(np.float64)
        self._category = [str(category) for category in courses["category"]]
        self._last_day = course_last_days(courses)

    def of_snapshot(self, snapshot: Snapshot, contributions: NeedContributions) -> ReasonWriter:
        """The same for teachers whose needs are others."""
        other = copy.copy(self)
        other._snapshot, other._contributions, other._need = snapshot, contributions, self._need.of_snapshot(snapshot)
        return other

    @cached_property
    def owed(self) -> OwedHours:
        """Hours owed by every teacher."""
        return OwedHours(self._snapshot)

    def teachers(self, pairs: ScoredPairs, rows: ScoredPairs, basis: NDArray[np.object_]) -> tuple[Index, list[Lines]]:
        """The needs that `rows` (n,) are listed for (-1: none), and five lines for each.

        rows: the first places of `pairs` (all eligible, ordered).
        """
        main = self._contributions.main_need(rows.unit, rows.course, rows.personal)
        main = np.where(rows.unpersonalised, -1, main).astype(np.intp)
        counter = self._counter(pairs, main, rows, school=False)
        ids = self._snapshot.teacher_ids
        owed = {t: self.owed.rules(ids[t]) for t in np.unique(rows.unit).tolist()}
        lines: list[Lines] = []
        for t, c, k, b in zip(rows.unit.tolist(), rows.course.tolist(), main.tolist(), basis, strict=True):
            form, terms = self._courses.feasible[c]
            counted = hours_line(owed[t], self._category[c], float(self._hours[c]), self._last_day[c])
            feasible = message("reasons.feasible_teacher", form=form, counted=counted, terms=terms)
            need = self._need.teacher(t, k, b)
            lines.append((
                in_both(need), self._courses.fit(c, k), in_both(feasible), self._courses.evidence[c], counter[t],
            ))  # fmt: skip
        return main, lines

    def schools(
        self, pairs: ScoredPairs, rows: ScoredPairs, basis: NDArray[np.object_]
    ) -> tuple[Index, list[Lines]]:
        """The same for schools; feasibility gives the number of teachers whose gains were added up."""
        main = self._need.main_of_schools(rows, basis)
        counter = self._counter(pairs, main, rows, school=True)
        lines: list[Lines] = []
        for s, c, k, b, m in zip(
            rows.unit.tolist(), rows.course.tolist(), main.tolist(), basis, rows.members.tolist(), strict=True
        ):
            form, terms = self._courses.feasible[c]
            feasible = message("reasons.feasible_school", form=form, members=m, terms=terms)
            need = self._need.school(s, k, b)
            lines.append((
                in_both(need), self._courses.fit(c, k), in_both(feasible), self._courses.evidence[c], counter[s],
            ))  # fmt: skip
        return main, lines

    def _counter(
        self, pairs: ScoredPairs, main: NDArray[np.intp], rows: ScoredPairs, school: bool
    ) -> dict[int, BilingualText]:
        """By unit: the line that its whole list shares."""
        by_need = self._by_need and not school
        changes = find_counterfactuals(self._snapshot, pairs, self._contributions if by_need else None)
        firsts = np.flatnonzero(rows.positions() == 0)
        lines: dict[int, BilingualText] = {}
        for unit, condition, then, row in zip(
            changes.units.tolist(), changes.condition, changes.course.tolist(), firsts.tolist(), strict=True
        ):
            need = self._competencies[int(main[row])] if main[row] >= 0 else None
            title = self._title[then] if then >= 0 else ""
            hours = float(self._hours[rows.course[row]])
            need_tried = by_need and not rows.unpersonalised[row]
            lines[unit] = in_both(counter_line(condition, title, need, hours, school, need_tried))
        return lines


def competency_names(snapshot: Snapshot) -> list[BilingualText]:
    """(K,) the names of the competencies, in the order of `snapshot.needs.competency_ids`."""
    names = snapshot.tables["competencies"].set_index("competency_id")
    return [
        BilingualText(str(names.at[k, "name_zh"]), str(names.at[k, "name_en"]))
        for k in snapshot.needs.competency_ids
    ]


def as_json(lines: Lines) -> str:
    """The `reasons` cell of the contract's file."""
    return json.dumps(
        [{"kind": kind, "zh": line.zh, "en": line.en} for kind, line in zip(KINDS, lines, strict=True)],
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip


def as_reasons(lines: Lines) -> tuple[Reason, ...]:
    """The lines as the upper layers read them."""
    return tuple(Reason(kind, line.zh, line.en) for kind, line in zip(KINDS, lines, strict=True))
