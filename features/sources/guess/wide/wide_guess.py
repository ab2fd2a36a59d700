"""What guesses of wide sheets have in common: columns with their roles, and questions that only a person can answer."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import escape
from typing import Any, Final, Literal, Self

from features.errors import UsageError
from features.sources.read.dates import day_of, is_month
from features.sources.read.sheet import half_width

WideKind = Literal["pupils", "class_means", "ratings", "observations"]
Used = Literal["class", "pupil", "teacher", "score", "mean", "sd", "count", "item", "subject", "lesson", "rater", "date"]
Unused = Literal[
    "person", "calculated", "respondent", "free_text", "test_item", "converted", "part_of_total", "unclear", "identity_card"
]
COMPETENCY: Final = "competency"
CHANGING: Final = frozenset({"assessment", "survey", "date", "scale_mean", "scale_sd", COMPETENCY})  # with every file
NUMBERS: Final = frozenset({"n", "scale_mean", "scale_sd", "answer"})
NONE: Final = "-"  # the answer that there is none
SCALE: Final = re.compile(r"-?\d+(\.\d+)?-\d+(\.\d+)?")


@dataclass(frozen=True)
class WideColumn:
    """A column and its use; use None: left out, `why` says for which reason. into: the dimension or item."""

    letter: str
    header: str
    use: Used | None
    into: str = ""
    why: Unused | None = None
    sure: bool = True


@dataclass(frozen=True)
class WideQuestion:
    """What the sheet does not say. name: a key of the mapping, or `answer:WORD`. value: what stands unless a person says
    otherwise, "" for none; sure: nobody need look at it. choices: the values it may have, empty for any."""

    name: str
    value: str = ""
    sure: bool = False
    choices: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True)
class WideGuess(ABC):
    """A sheet whose rows are reduced at the owner's side to counts, means and spreads; no row of a person is kept.

    remembered: the sections that read such a sheet before, which stand but for what changes with every file.
    """

    file: str
    sheet: str | None
    header: tuple[int, ...]
    columns: tuple[WideColumn, ...]
    questions: tuple[WideQuestion, ...]
    remembered: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    @abstractmethod
    def kind(self) -> WideKind:
        """Which sections it becomes."""

    @property
    @abstractmethod
    def measures(self) -> tuple[str, ...]:
        """The dimensions or items that come out of it, as `indicators` names them."""

    @property
    def evidence(self) -> str:
        """The source that `indicators` knows them by."""
        return "assessment"

    @abstractmethod
    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        """The sections of the mapping file, each with its head, as the sheet and the answers say."""

    @property
    def complete(self) -> bool:
        """Whether it can be imported as it is."""
        return all(question.value or not question.required for question in self.questions)

    @property
    def sure(self) -> bool:
        """Whether it is complete and nobody need look at anything."""
        return self.complete and all(q.sure for q in self.questions) and all(c.sure for c in self.columns if c.use)

    @property
    def missing(self) -> tuple[str, ...]:
        """The questions that are to be answered before it can be imported."""
        return tuple(q.name for q in self.questions if q.required and not q.value)

    def value(self, name: str) -> str:
        """The answer to a question; "" where there is none."""
        return next((question.value for question in self.questions if question.name == name), "")

    def answered(self, name: str, text: str) -> Self:
        """The guess with this answer, or unchanged where it has no such question. Raises UsageError for a text that cannot
        be one; an empty one leaves the value that stands."""
        questions = tuple(
            replace(q, value=_checked(q, text), sure=True) if q.name == name else q for q in self.questions
        )
        return replace(self, questions=questions)

    def as_before(self, sections: Sequence[tuple[str, Mapping[str, Any]]]) -> Self:
        """The guess with the sections that read such a sheet before: what changes with every file stays a question."""
        changing = tuple(q for q in self.questions if q.name.partition(":")[0] in CHANGING)
        return replace(self, remembered=tuple(sections), questions=changing)

    def without_people(self) -> Self:
        """The guess without names of people, as it may be kept."""
        return self

    def asking_competencies(self, known: Collection[str]) -> Self:
        """The guess with an optional question for each measure that speaks of no competency yet. known: those that do."""
        names = [measure for measure in dict.fromkeys(self.measures) if measure and measure not in known]
        more = tuple(WideQuestion(f"{COMPETENCY}:{name}", "", True, required=False) for name in names)
        return replace(self, questions=(*self.questions, *more))

    def as_sections(self) -> list[tuple[str, dict[str, Any]]]:
        """The sections, or those that read such a sheet before with the file and the answers of this one; and the
        competencies that measures speak of, where a person said which."""
        answers = {q.name.partition(":")[2]: q.value for q in self.questions if q.name.startswith(f"{COMPETENCY}:") and q.value}
        indicators = [("table", self._indicator(measure, competency)) for measure, competency in answers.items()]
        if not self.remembered:
            return [*self.sections(), *indicators]
        before = [
            (head, section) for head, section in self._as_before()
            if section.get("name") != "indicators" or _indicator_of(section) not in answers
        ]  # fmt: skip
        return [*before, *indicators]

    def _indicator(self, measure: str, competency: str) -> dict[str, Any]:
        values = {"source": self.evidence, "indicator": measure, "competency_id": competency, "weight": "1"}
        columns = {name: {"value": value} for name, value in values.items()}
        return {"name": "indicators"} | self.source() | {"unique": True, "columns": columns}

    def _as_before(self) -> list[tuple[str, dict[str, Any]]]:
        return [(head, self._renewed(dict(section)) | self.source()) for head, section in self.remembered]

    def source(self) -> dict[str, Any]:
        """The keys that say which rows of which file."""
        keys: dict[str, Any] = {"file": escape(self.file)}
        if self.sheet is not None:
            keys["sheet"] = self.sheet
        header = list(self.header)
        return keys | {"header": header[0] if len(header) == 1 else header, "footer": True}

    def column_answer(self, name: str) -> str | None:
        """The source column that an answer names by its letter or header; None where it names none."""
        reply = self.value(name)
        named = [c for c in self.columns if reply and reply in (c.letter, c.header)]
        return source_name(named[0], self.columns) if named else None

    def with_use(self, use: Used) -> list[WideColumn]:
        """The columns with this use."""
        return [column for column in self.columns if column.use == use]

    def _renewed(self, section: dict[str, Any]) -> dict[str, Any]:
        """A section of an earlier file with this one's assessment or survey, name and date."""
        columns = section.get("columns")
        if columns is not None:
            return section | {"columns": self._renewed_columns(dict(columns))}
        keys = [key for key in ("date", "survey") if self.value(key) and (key in section or "items" in section)]
        section |= {key: self.value(key) for key in keys}
        if "assessment" in section:
            section["assessment"] = self._assessment(section["assessment"], section.get("subject", ""))
            section |= {"name": section["assessment"]} if "name" in section else {}
        return section

    def _renewed_columns(self, columns: dict[str, Any]) -> dict[str, Any]:
        values = {name: source["value"] for name, source in columns.items() if isinstance(source, dict) and "value" in source}
        new = {"date": self.value("date")}
        if "assessment_id" in values:
            subject = str(values.get("subject", values.get("dimension", "")))
            new["assessment_id"] = self._assessment(values["assessment_id"], subject)
            new["name"] = new["assessment_id"]
            new |= {key: self.value(f"{key}:{subject}") for key in ("scale_mean", "scale_sd")}
        return columns | {name: {"value": value} for name, value in new.items() if value and name in values}

    def _assessment(self, before: object, subject: object) -> str:
        """This file's assessment, with the subject where it had one before."""
        return self.value("assessment") + (f"-{subject}" if subject and str(before).endswith(f"-{subject}") else "")


def _indicator_of(section: Mapping[str, Any]) -> object:
    column = section.get("columns", {}).get("indicator")
    return column.get("value") if isinstance(column, Mapping) else None


def source_name(column: WideColumn, columns: Sequence[WideColumn]) -> str:
    """How a mapping file names the column: by its header, or `header#2` where several have it."""
    same = [other.letter for other in columns if other.header == column.header]
    return column.header if len(same) == 1 else f"{column.header}#{same.index(column.letter) + 1}"


def _checked(question: WideQuestion, text: str) -> str:
    text = half_width(text).strip()
    if not text:
        return question.value
    if text == NONE and not question.required:
        return ""
    if question.choices and text not in question.choices:
        raise UsageError("sheets.not_among", name=question.name, value=text, choices=question.choices)
    if question.name == "date":
        day = day_of(text)
        if day is None:
            raise UsageError("sheets.no_day", value=text)
        return text if is_month(text) else day.isoformat()
    if question.name.startswith("scale:") and not SCALE.fullmatch(text):
        raise UsageError("sheets.no_scale", value=text)
    if question.name.partition(":")[0] in NUMBERS:
        try:
            float(text)
        except ValueError as error:
            raise UsageError("sheets.no_number", value=text) from error
    return text
