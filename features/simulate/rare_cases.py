"""People of whom a city knows little or to whom it offers nothing: rare among thousands, and every page must show them.

- a school that has just opened: no class results, no monitoring, no lesson observed, no survey;
- two of its people answered one question about themselves more than twenty years ago;
- the two newest teachers elsewhere have no record at all;
- one teacher is enrolled in all that is open to her, so that no course is left.

Small cities have none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.simulate.city import SimulatedCity
from features.simulate.course_catalogue import SimulatedCatalogue, may_take
from features.simulate.write_tables import Columns, table_of

MIN_SCHOOLS: Final = 20  # of a city with rare cases
NEWEST: Final = 2  # teachers without any record, outside the new school
ANSWERED: Final = 2  # people of the new school with one answer
ANSWERED_ON: Final = date(2004, 3, 16)
ENROLLED_ON: Final = np.datetime64("2026-06-15")


@dataclass(frozen=True)
class RareCases:
    """Ids; all empty in a small city. `classes` are those of unmeasured teachers and of the new school."""

    new_schools: frozenset[str] = frozenset()
    unmeasured: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    enrolled: tuple[tuple[str, str], ...] = ()

    def keep(self, name: str, table: Any, classes: frozenset[str]) -> Any:
        """The table without records that these people and schools do not have; enrolments with what they have."""
        if name == "enrolments" and self.enrolled:
            return pa.concat_tables([table, self._enrolments()])
        if name in ("observations", "surveys"):
            kept = table.filter(pa.array(~_is_in(table["teacher_id"], self.unmeasured)))
            return pa.concat_tables([kept, self._old_answers(table)]) if name == "surveys" else kept
        if name in ("results", "result_covariances") and "unit_id" in table.column_names:
            return table.filter(pa.array(~_is_in(table["unit_id"], classes | self.new_schools)))
        return table

    def classes_of(self, classes: Columns) -> frozenset[str]:
        """Ids of the classes that unmeasured people teach; `classes` are the columns of that table."""
        pairs = zip(_cells(classes["class_id"]), _cells(classes["teacher_id"]), strict=True)
        return frozenset(str(class_id) for class_id, teacher in pairs if teacher in self.unmeasured)

    def _old_answers(self, table: Any) -> Any:
        """The first self-report row of each of `answered`, under a survey of `ANSWERED_ON`."""
        people, kinds = table["teacher_id"].to_pylist(), table["kind"].to_pylist()
        first: dict[str, int] = {}
        for i, (person, kind) in enumerate(zip(people, kinds, strict=True)):
            if kind == "self_report" and person in self.answered:
                first.setdefault(person, i)
        rows = table.take(pa.array(sorted(first.values()), type=pa.int64()))
        ids = [f"SR{ANSWERED_ON:%Y}-{person}" for person in rows["teacher_id"].to_pylist()]
        for name, cells in (("survey_id", ids), ("date", [ANSWERED_ON] * len(ids))):
            field = rows.schema.field(name)
            rows = rows.set_column(rows.column_names.index(name), field, pa.array(cells, field.type))
        return rows

    def _enrolments(self) -> Any:
        people, courses = zip(*self.enrolled, strict=True)
        columns = {"teacher_id": list(people), "course_id": list(courses), "status": ["enrolled"] * len(people),
                   "requested_on": np.full(len(people), ENROLLED_ON)}  # fmt: skip
        return table_of("enrolments", columns)


def rare_cases(city: SimulatedCity, catalogue: SimulatedCatalogue) -> RareCases:
    """The same in every run of a city."""
    if len(city.school_ids) < MIN_SCHOOLS:
        return RareCases()
    sizes = np.bincount(city.school, minlength=len(city.school_ids))
    new = int(np.lexsort((np.arange(len(sizes)), sizes))[0])
    inside = np.flatnonzero(city.school == new)
    teachers = np.flatnonzero((city.school != new) & ~city.principal)
    newest = teachers[np.lexsort((teachers, city.years[teachers]))][:NEWEST]
    busy = int(np.setdiff1d(teachers, newest)[-1])
    allowed = may_take(
        catalogue, city.district[[busy]], city.stage[[busy]], city.subject[[busy]], city.second[[busy]],
        city.principal[[busy]],
    )[0]  # fmt: skip
    allowed |= catalogue.provider_school == city.school[busy]
    person = city.teacher_ids[busy]
    enrolled = [(person, catalogue.ids[c]) for c in np.flatnonzero(allowed)]
    names = [city.teacher_ids[t] for t in inside]
    longest = inside[np.lexsort((inside, -city.years[inside]))][:ANSWERED]
    return RareCases(
        new_schools=frozenset([city.school_ids[new]]),
        unmeasured=frozenset([*names, *(city.teacher_ids[t] for t in newest)]),
        answered=frozenset(city.teacher_ids[t] for t in longest),
        enrolled=tuple(enrolled),
    )


def _cells(column: Any) -> list[Any]:
    return list(column.to_pylist() if hasattr(column, "to_pylist") else column)


def _is_in(column: Any, ids: frozenset[str]) -> Any:
    mask = pc.is_in(column, value_set=pa.array(sorted(ids), type=pa.string()))
    return np.asarray(mask.to_numpy(zero_copy_only=False) if isinstance(mask, pa.Array) else mask.to_numpy(), dtype=bool)
