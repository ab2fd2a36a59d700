"""Tables with a row a class and columns of means: they become results, one assessment a subject."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from features.schema.column import STAGES
from features.sources.guess.wide.class_source import class_column, class_places, class_source
from features.sources.guess.wide.occasion import Occasion, grade_of, stage_of_grade
from features.sources.guess.wide.roles import dimension_of, has_ending, is_left_out, role_of, without_ending
from features.sources.guess.wide.score_sheet import class_questions
from features.sources.guess.wide.sheet_cells import different, numeric_share
from features.sources.guess.wide.wide_guess import WideColumn, WideGuess, WideKind, WideQuestion, source_name
from features.sources.read.sheet import Sheet, half_width, letter

DISTINCT: Final = 0.9  # of the rows that have a class of their own
NUMERIC: Final = 0.8


@dataclass(frozen=True)
class ClassMeansGuess(WideGuess):
    """by_subject: subject -> key of results (mean, sd, n) -> source column. classes: the columns of the class."""

    by_subject: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> WideKind:
        return "class_means"

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(self.by_subject)

    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        """Results, an assessment and a dimension for each subject."""
        sections: list[tuple[str, dict[str, Any]]] = []
        several = len(self.by_subject) > 1
        for key, columns in self.by_subject.items():
            subject = key or self.value("subject")
            base = self.value("assessment")
            assessment = f"{base}-{subject}" if several and base else base
            n = columns.get("n") or {"value": self.value("n")}
            unit = class_column(self.classes, self.value("class_prefix"))
            results = {"dimension": {"value": subject}, "unit_kind": {"value": "class"}, "unit_id": unit, "n": n}
            results |= {moment: columns[moment] for moment in ("mean", "sd") if moment in columns}
            values = {
                "name": assessment, "programme": "other", "date": self.value("date"), "stage": self.value("stage"),
                "subject": subject, **self.about,
            }  # fmt: skip
            of_dimension = {"dimension": subject}
            of_dimension |= {scale: self.value(f"{scale}:{key}") for scale in ("scale_mean", "scale_sd")}
            sections += [
                ("table", self._table("results", assessment, results, False)),
                ("table", self._table("assessments", assessment, _constants(values), True)),
                ("table", self._table("assessment_dimensions", assessment, _constants(of_dimension), True)),
            ]
        return sections

    def _table(self, name: str, assessment: str, columns: Mapping[str, Any], unique: bool) -> dict[str, Any]:
        section = {"name": name} | self.source() | ({"unique": True} if unique else {})
        return section | {"columns": {"assessment_id": {"value": assessment}} | dict(columns)}


def guess_class_means(
    sheet: Sheet, header: Sequence[int], occasion: Occasion, classes: Collection[str], stem: str
) -> ClassMeansGuess | None:
    """The guess; None where rows are no classes with means.

    A mean is a column of a subject or of one whose header says mean; beside spreads and counts of each subject.
    """
    roles = {i: role_of(text) for i, text in enumerate(sheet.header) if text}
    places = class_places(roles)
    if "class" not in places or any(role in ("pupil", "person", "teacher") for role in roles.values()):
        return None
    source = class_source(sheet, places, classes)
    if len(source.ids) < DISTINCT * len(sheet.rows) or not len(sheet.rows):
        return None
    columns: dict[int, WideColumn] = {}
    by_subject: dict[str, dict[str, int]] = {}
    counts: dict[str, int] = {}  # subject, "" for all -> column
    for i in roles:
        text, values = sheet.header[i], different(sheet.columns[i])
        at = letter(i)
        if i in [places[role] for role in source.roles]:
            columns[i] = WideColumn(at, text, "class")
            continue
        numeric = bool(values) and numeric_share(values) >= NUMERIC
        if numeric and has_ending(text, "count"):
            subject = dimension_of(without_ending(text, "count"))[1]
            if counts.setdefault(subject, i) == i:
                columns[i] = WideColumn(at, text, "count", subject)
                continue
        elif numeric and has_ending(text, "sd"):
            subject = dimension_of(without_ending(text, "sd"))[1] or occasion.subject
            if by_subject.setdefault(subject, {}).setdefault("sd", i) == i:
                columns[i] = WideColumn(at, text, "sd", subject)
                continue
        elif numeric and (has_ending(text, "mean") or (dimension_of(text)[1] and not is_left_out(text))):
            plain = without_ending(text, "mean")
            subject = dimension_of(plain)[1] or (occasion.subject if plain in ("", text) else "")
            if (subject or plain in ("", text)) and by_subject.setdefault(subject, {}).setdefault("mean", i) == i:
                columns[i] = WideColumn(at, text, "mean", subject)
                continue
        columns[i] = WideColumn(at, text, None, "", "calculated" if numeric else "free_text")
    by_subject = {subject: keys for subject, keys in by_subject.items() if "mean" in keys}
    if not by_subject:
        return None
    ordered = tuple(columns[i] for i in sorted(columns))
    questions = [
        WideQuestion("assessment", stem, True), WideQuestion("date", occasion.day, bool(occasion.day)),
    ]  # fmt: skip
    if "" in by_subject:
        questions.append(WideQuestion("subject"))
    stage, grade = _stage(sheet, places, occasion)
    questions += [WideQuestion("stage", stage, bool(stage), STAGES), *class_questions(source)]
    if not all(subject in counts or "" in counts for subject in by_subject):
        questions.append(WideQuestion("n"))
    for subject, keys in by_subject.items():
        count = counts.get(subject, counts.get(""))
        mean, sd = _scale(sheet, keys, count)
        questions.append(WideQuestion(f"scale_mean:{subject}", mean, True))
        questions.append(WideQuestion(f"scale_sd:{subject}", sd, bool(sd)))
        if count is not None:
            keys["n"] = count
    named = {subject: {key: source_name(columns[i], ordered) for key, i in keys.items()} for subject, keys in by_subject.items()}
    about = {key: value for key, value in (("programme", occasion.programme), ("term", occasion.term), ("grade", grade)) if value}
    unit = tuple(source_name(columns[places[role]], ordered) for role in source.roles)
    return ClassMeansGuess(
        sheet.file, sheet.name, tuple(header), ordered, tuple(questions), (), named, unit, about
    )


def _constants(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {key: {"value": value} for key, value in values.items() if value}


def _stage(sheet: Sheet, places: Mapping[str, int], occasion: Occasion) -> tuple[str, str]:
    """(stage, grade), each "" where the classes are of several or none is said."""
    grades = {
        grade_of(value) or (value if value.isdecimal() and role == "grade" else "")
        for role in ("grade", "class") if role in places for value in different(sheet.columns[places[role]])
    } - {""}  # fmt: skip
    stages = {stage_of_grade(grade) for grade in grades} - {""}
    grade = grades.pop() if len(grades) == 1 else ""
    return (stages.pop() if len(stages) == 1 else "") or occasion.stage, grade or ("" if grades else occasion.grade)


def _scale(sheet: Sheet, keys: Mapping[str, int], count: int | None) -> tuple[str, str]:
    """(mean, spread) of all pupils as texts: from the classes' means, spreads and counts; no spread without theirs."""
    means = _numbers(sheet, keys["mean"])
    weights = np.ones(len(means)) if count is None else _numbers(sheet, count)
    usable = np.isfinite(means) & (weights > 0)
    if not usable.any():
        return "", ""
    mean = float(np.average(means[usable], weights=weights[usable]))
    if "sd" not in keys:
        return f"{mean:.4g}", ""
    sds = _numbers(sheet, keys["sd"])
    usable &= np.isfinite(sds)
    if not usable.any():
        return f"{mean:.4g}", ""
    variance = np.average(sds[usable] ** 2 + (means[usable] - mean) ** 2, weights=weights[usable])
    return f"{mean:.4g}", f"{float(np.sqrt(variance)):.4g}"


def _numbers(sheet: Sheet, index: int) -> np.ndarray:
    def number(text: str) -> float:
        try:
            return float(half_width(text).strip())
        except ValueError:
            return np.nan

    return np.array([number(str(value)) for value in sheet.columns[index].to_pylist()])
