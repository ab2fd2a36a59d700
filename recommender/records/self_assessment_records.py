"""Self-assessments: drafts saved while she answers, what she submitted, and its deletion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa

from features.errors import UsageError
from recommender.records.deletion_records import record_deletion
from recommender.records.record_store import Author, RecordEntry, RecordStore
from recommender.records.record_tables import IDEMPOTENCY_KEYS, LONGEST_ID
from recommender.records.self_assessment_tables import SELF_ASSESSMENTS

State = Literal["draft", "submitted"]
YEAR_BEGINS: Final = 9  # month
MOST_ANSWERS: Final = 200
NO_ROW: Final = "{}"  # as in `store_check`


@dataclass(frozen=True)
class SelfAnswer:
    """How she rates herself on one item, on the item's scale."""

    item: str
    score: float
    scale_min: float
    scale_max: float


@dataclass(frozen=True)
class SelfAssessment:
    """One row. cycle: the calendar year in which the school year began."""

    assessment_id: int
    teacher_id: str
    cycle: int
    state: State
    answers: tuple[SelfAnswer, ...]
    at: datetime

    @property
    def scores(self) -> dict[str, float]:
        """Item -> score."""
        return {answer.item: answer.score for answer in self.answers}


@dataclass(frozen=True)
class SelfAssessmentStanding:
    """What holds of one teacher: her newest unfinished draft, and what she submitted, newest first, once a cycle."""

    draft: SelfAssessment | None = None
    submitted: tuple[SelfAssessment, ...] = ()


def school_year(day: date) -> int:
    """The calendar year in which the school year of a day began: one cycle of self-assessment."""
    return day.year if day.month >= YEAR_BEGINS else day.year - 1


class SelfAssessmentRecords:
    """Self-assessments in the records of a workspace."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def save(
        self, author: Author, key: str, teacher_id: str, state: State, answers: Sequence[SelfAnswer]
    ) -> SelfAssessment | None:
        """Records a draft or what is submitted, in place of the drafts of its cycle; on disk when it returns.

        None for a write that is sent again after its row was replaced or deleted: nothing is written a second time. Raises
        as `RecordStore.once` does, UsageError for overlong ids and too many answers.
        """
        if not 0 < len(teacher_id) <= LONGEST_ID or len(answers) > MOST_ANSWERS:
            raise UsageError("self_assessment.too_long", answers=MOST_ANSWERS)
        listed = [asdict(answer) for answer in sorted(answers, key=lambda one: one.item)]
        request = {"what": "self-assessment", "teacher": teacher_id, "state": state, "answers": listed}

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            cycle = school_year(entry.at.astimezone().date())
            _delete(connection, teacher_id, sa.and_(SELF_ASSESSMENTS.c.state == "draft", SELF_ASSESSMENTS.c.cycle <= cycle))
            values = {"teacher_id": teacher_id, "cycle": cycle, "state": state, "answers": json.dumps(listed, ensure_ascii=False)}
            insert = sa.insert(SELF_ASSESSMENTS).values(values | entry.columns()).returning(SELF_ASSESSMENTS.c.id)
            return {"id": connection.execute(insert).scalar_one(), "at": entry.at.isoformat(), "cycle": cycle}

        answer = self._store.once(author, key, request, write)
        if not answer:
            return None
        at = datetime.fromisoformat(answer["at"])
        return SelfAssessment(int(answer["id"]), teacher_id, int(answer["cycle"]), state, _answers(listed), at)

    def delete(self, author: Author, key: str, teacher_id: str) -> int:
        """Deletes all her self-assessments for good, drafts too; returns how many. Raises as `RecordStore.once` does."""
        request = {"what": "self-assessment deletion", "teacher": teacher_id}

        deleted = [0]

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            deleted[0] = _delete(connection, teacher_id, sa.true())
            record_deletion(connection, author, entry.at, "erasure", SELF_ASSESSMENTS.name, deleted[0])
            return {}

        self._store.once(author, key, request, write)
        return deleted[0]

    def standing(self, teacher_id: str) -> SelfAssessmentStanding:
        """What holds of one teacher now. Raises UnavailableError."""
        rows = self._of(teacher_id)
        submitted = _once_a_cycle([row for row in rows if row.state == "submitted"])
        drafts = [row for row in rows if row.state == "draft"]
        return SelfAssessmentStanding(drafts[0] if drafts else None, submitted)

    def around(self, teacher_id: str, assessment_id: int) -> tuple[tuple[SelfAssessment, ...], tuple[SelfAssessment, ...]]:
        """What counted of a teacher before and after she submitted one, as in `standing`. Raises UnavailableError."""
        rows = [row for row in self._of(teacher_id) if row.state == "submitted"]
        before = _once_a_cycle([row for row in rows if row.assessment_id < assessment_id])
        return before, _once_a_cycle([row for row in rows if row.assessment_id <= assessment_id])

    def counting(self) -> tuple[SelfAssessment, ...]:
        """All that count: of every teacher and cycle the newest that was submitted. Raises UnavailableError."""
        table = SELF_ASSESSMENTS
        query = sa.select(table).where(table.c.state == "submitted").order_by(table.c.id.desc())
        with self._store.reading() as connection:
            return _once_a_cycle([_row(row) for row in connection.execute(query).mappings()])

    def _of(self, teacher_id: str) -> list[SelfAssessment]:
        table = SELF_ASSESSMENTS
        query = sa.select(table).where(table.c.teacher_id == teacher_id).order_by(table.c.id.desc())
        with self._store.reading() as connection:
            return [_row(row) for row in connection.execute(query).mappings()]


def _delete(connection: sa.Connection, teacher_id: str, which: sa.ColumnElement[bool]) -> int:
    """Rows; the keys that acknowledge them stay as those of a write without a row, so that it is not written again when a
    slow network sends it once more."""
    table = SELF_ASSESSMENTS
    where = sa.and_(table.c.teacher_id == teacher_id, which)
    written = sa.select(table.c.actor, table.c.idempotency_key).where(where)
    keys = sa.tuple_(IDEMPOTENCY_KEYS.c.actor, IDEMPOTENCY_KEYS.c.key)
    connection.execute(sa.update(IDEMPOTENCY_KEYS).where(keys.in_(written)).values(answer=NO_ROW))
    return int(connection.execute(sa.delete(table).where(where)).rowcount)


def _once_a_cycle(newest_first: Sequence[SelfAssessment]) -> tuple[SelfAssessment, ...]:
    kept: dict[tuple[str, int], SelfAssessment] = {}
    for row in newest_first:
        kept.setdefault((row.teacher_id, row.cycle), row)
    return tuple(kept.values())


def _row(row: Any) -> SelfAssessment:
    return SelfAssessment(
        int(row["id"]), row["teacher_id"], int(row["cycle"]), row["state"], _answers(json.loads(row["answers"])), row["at"]
    )


def _answers(listed: Sequence[Any]) -> tuple[SelfAnswer, ...]:
    return tuple(
        SelfAnswer(str(a["item"]), float(a["score"]), float(a["scale_min"]), float(a["scale_max"])) for a in listed
    )
