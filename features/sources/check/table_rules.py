"""What two cells of a row have to say about each other, table by table; a row that breaks a rule is a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.sources.check.foreign_keys import known_in
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.read.sheet import Texts, side_by_side
from features.sources.staging import StagingTable

Drafts = Mapping[str, StagingTable]


def check_rules(name: str, drafts: Drafts, held: Mapping[str, pd.DataFrame], findings: Issues) -> None:
    """All rules of one table; `held` are the tables of the workspace that are not in this import."""
    draft = drafts[name]
    if name in _RULES:
        _RULES[name](draft, findings)
    if name in ("results", "result_covariances"):
        _known_dimensions(draft, drafts, held, findings)


def _scales(draft: StagingTable, findings: Issues, value: str) -> None:
    low, high = draft.cells["scale_min"].numbers(), draft.cells["scale_max"].numbers()
    found = draft.cells[value].numbers()
    wrong = low >= high
    findings.rows(
        draft, wrong, ("scale_min", "scale_max"),
        Message("最低分应小于满分", "a lowest score below the highest", "1 5"),
    )  # fmt: skip
    outside = ~wrong & ((found < low) | (found > high))

    def say(row: int) -> Message:
        if found[row] > high[row]:
            return Message(
                f"超过满分 {high[row]:g}", f"at most {high[row]:g}, the highest score", f"{high[row]:g}"
            )
        return Message(f"低于最低分 {low[row]:g}", f"at least {low[row]:g}, the lowest score", f"{low[row]:g}")

    findings.rows(draft, outside, (value,), say)


def _observations(draft: StagingTable, findings: Issues) -> None:
    _scales(draft, findings, "score")


def _surveys(draft: StagingTable, findings: Issues) -> None:
    _scales(draft, findings, "mean")


def _organizations(draft: StagingTable, findings: Issues) -> None:
    _circles(draft, "org_id", findings)


def _competencies(draft: StagingTable, findings: Issues) -> None:
    _circles(draft, "competency_id", findings)


def _circles(draft: StagingTable, key: str, findings: Issues) -> None:
    """Rows that are their own ancestor."""
    ids = draft.cells[key].values
    parents = draft.cells["parent_id"]
    place = pc.index_in(parents.values, value_set=ids).fill_null(-1).to_numpy(zero_copy_only=False)
    above = np.full(len(ids) + 1, -1, np.int64)
    own, up = draft.cells[key].codes, parents.codes
    linked = (own >= 0) & (up >= 0)
    above[own[linked]] = np.append(place, -1)[up[linked]]
    far = above.copy()
    for _ in range(len(ids).bit_length()):  # after k rounds everybody looks 2^k steps up
        far = far[far]
    circle = np.zeros(len(ids) + 1, dtype=bool)
    circle[far[far >= 0]] = True  # whoever has no root ends in a circle, and a circle maps onto itself
    rows = (own >= 0) & circle[np.maximum(own, -1)]
    findings.rows(
        draft, rows, ("parent_id",),
        Message("上级不能是自己或自己的下级(成环)", "a parent that is not itself or below itself (a circle)"),
    )  # fmt: skip


def _courses(draft: StagingTable, findings: Issues) -> None:
    cells = draft.cells
    least, most = cells["min_seats"].numbers(), cells["max_seats"].numbers()
    findings.rows(
        draft, least > most, ("min_seats", "max_seats"),
        Message("最少人数不能大于最多人数", "a least number of seats not above the most", "10 40"),
    )  # fmt: skip
    _ordered_days(draft, "start_date", "end_date", findings)
    low, high = cells["ladder_min"].strings(), cells["ladder_max"].strings()
    both = pc.and_(pc.is_valid(low), pc.is_valid(high))
    mixed = pc.and_(both, pc.not_equal(_track(low), _track(high)))
    crossed = pc.and_(pc.and_(both, pc.equal(_track(low), _track(high))), pc.greater(low, high))
    findings.rows(
        draft, _mask(mixed), ("ladder_min", "ladder_max"),
        Message("最低与最高梯级应同属教师(T)或同属校长(P)", "both steps of teachers (T) or both of principals (P)", "T2 T4"),
    )  # fmt: skip
    findings.rows(
        draft, _mask(crossed), ("ladder_min", "ladder_max"),
        Message("最低梯级不能高于最高梯级", "a lowest step not above the highest", "T2 T4"),
    )  # fmt: skip


def _enrolments(draft: StagingTable, findings: Issues) -> None:
    _ordered_days(draft, "requested_on", "completed_on", findings)


def _hour_rules(draft: StagingTable, findings: Issues) -> None:
    least, most = draft.cells["min_hours"].numbers(), draft.cells["max_hours"].numbers()
    findings.rows(
        draft, least > most, ("min_hours", "max_hours"),
        Message("最低学时不能大于最高学时", "a minimum of hours not above the maximum", "72 120"),
    )  # fmt: skip


def _ordered_days(draft: StagingTable, first: str, last: str, findings: Issues) -> None:
    early, late = draft.cells[first].numbers(), draft.cells[last].numbers()
    column = draft.cells[last].column.zh

    def say(row: int) -> Message:
        day = np.datetime_as_string(early[row], "D")
        return Message(f"{column}不能早于 {day}", f"a day not before {day} ({first})", str(day))

    findings.rows(draft, late < early, (last,), say)


def _known_dimensions(
    draft: StagingTable, drafts: Drafts, held: Mapping[str, pd.DataFrame], findings: Issues
) -> None:
    """Each assessment and dimension named has to have its scale in assessment_dimensions."""
    known = _scaled(drafts, held)
    if not len(known):
        if draft.table.name == "results" and len(draft):
            findings.note(
                draft, np.ones(len(draft), dtype=bool), ("dimension",),
                Message("没有「测评维度」表,暂不使用", "there is no table assessment_dimensions yet; unused until then"),
            )  # fmt: skip
        return
    assessments = known_in(drafts, held, "assessments").ids
    named_by = [("assessment_id", "dimension")]
    if draft.table.name == "result_covariances":
        named_by = [("assessment_id", "dimension_1"), ("other_assessment_id", "dimension_2")]
    for assessment, dimension in named_by:
        tests = draft.cells[assessment].strings()
        if assessment == "other_assessment_id":
            tests = pc.coalesce(tests, draft.cells["assessment_id"].strings())
        named = pairs((tests, draft.cells[dimension].strings()))
        lost = pc.and_(pc.is_valid(named), pc.invert(pc.is_in(named, value_set=known)))
        lost = pc.and_(lost, pc.is_in(tests, value_set=assessments))  # an unknown one is told already
        findings.rows(
            draft, _mask(lost), (dimension,),
            Message("在「测评维度」表中没有该测评的这一维度", "a dimension that assessment_dimensions has for this assessment"),
        )  # fmt: skip


def _scaled(drafts: Drafts, held: Mapping[str, pd.DataFrame]) -> Any:
    name = "assessment_dimensions"
    if name in drafts:
        cells = drafts[name].cells
        return pc.unique(pairs((cells["assessment_id"].strings(), cells["dimension"].strings()))).drop_null()
    if name in held:
        columns = [pa.array(held[name][c], pa.large_string()) for c in ("assessment_id", "dimension")]
        return pc.unique(pairs(columns))
    return pa.array([], pa.large_string())


def pairs(columns: Sequence[Texts]) -> Texts:
    """One text for each pair of assessment and dimension; null where one is missing."""
    return side_by_side(columns, "\x1f")


def _track(steps: Any) -> Any:
    return pc.utf8_slice_codeunits(steps, 0, 1)


def _mask(found: Any) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), dtype=bool)


_RULES: Final[dict[str, Callable[[StagingTable, Issues], None]]] = {
    "organizations": _organizations,
    "competencies": _competencies,
    "observations": _observations,
    "surveys": _surveys,
    "courses": _courses,
    "enrolments": _enrolments,
    "hour_rules": _hour_rules,
}
