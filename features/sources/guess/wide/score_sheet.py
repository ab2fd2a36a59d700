"""Score sheets: one row a pupil, one column a subject or a part of one; they become [[pupils]], one a subject."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from features.schema.column import STAGES
from features.sources.guess.wide.class_source import ClassSource, class_column, class_places, class_source
from features.sources.guess.wide.occasion import (
    Occasion,
    grade_of,
    is_class_name,
    stage_of_grade,
    without_class,
)
from features.sources.guess.wide.roles import ITEM, bare, dimension_of, is_left_out, role_of
from features.sources.guess.wide.sheet_cells import different, numeric_share, words_for_no_score
from features.sources.guess.wide.wide_guess import (
    Unused,
    Used,
    WideColumn,
    WideGuess,
    WideKind,
    WideQuestion,
    source_name,
)
from features.sources.read.header import looks_like_id_cards
from features.sources.read.sheet import Sheet, fold, letter
from features.sources.read.subject_names import subject_names

NUMERIC: Final = 0.8  # share of the cells of a column of scores
TELLING: Final = 0.8  # share of the rows that a column tells apart within their class
SCORES: Final = re.compile(
    r"分$|分数|总分|得分|成绩|考|测|score|mark|grade|test|quiz|exam|midterm|assignment|homework", re.IGNORECASE
)
"""A word of the headers or of the file's name that says that numbers are scores."""
GENERAL: Final = frozenset({"id", "username", "idnumber"})  # of anybody


@dataclass(frozen=True)
class ScoreSheetGuess(WideGuess):
    """by_subject: school subject, "" where it is to be answered -> dimension -> source column. classes: the columns of the
    class. missing_words: what stands for no score. about: programme, term and grade, where the sheet says them. where:
    subject -> its rows, of a sheet with a row a pupil and subject."""

    by_subject: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    pupil: str = ""
    missing_words: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> WideKind:
        return "pupils"

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(name for scores in self.by_subject.values() for name in scores if dimension_of(name)[0])

    def as_before(self, sections: Sequence[tuple[str, Mapping[str, Any]]]) -> Self:
        """As it was read before, unless other subjects have rows now."""
        before = {section.get("where") for _, section in sections} - {None}
        return super().as_before(sections) if before == set(self.where.values()) else self

    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        """One [[pupils]] a subject; what is not answered yet is left out."""
        several = len(self.by_subject) > 1
        return [("pupils", self._section(subject, scores, several)) for subject, scores in self.by_subject.items()]

    def _section(self, subject: str, scores: Mapping[str, str], several: bool) -> dict[str, Any]:
        subject = subject or self.value("subject")
        section = self.source() | ({"where": self.where[subject]} if subject in self.where else {})
        assessment = self.value("assessment")
        if assessment:
            section["assessment"] = f"{assessment}-{subject}" if several else assessment
            section["name"] = section["assessment"]
        answers = {"date": self.value("date"), "stage": self.value("stage"), "subject": subject}
        section |= {key: value for key, value in (answers | dict(self.about)).items() if value}
        if self.classes:
            section["class"] = class_column(self.classes, self.value("class_prefix"))
        elif self.value("class"):
            section["class"] = self.column_answer("class") or {"value": self.value("class")}
        scores = {subject if not dimension_of(name)[0] and subject else name: column for name, column in scores.items()}
        section |= {"pupil": self.pupil, "scores": scores}
        return section | ({"missing": list(self.missing_words)} if self.missing_words else {})


def guess_score_sheet(
    sheet: Sheet, header: Sequence[int], occasion: Occasion, classes: Collection[str], stem: str
) -> ScoreSheetGuess | None:
    """The guess; None where no row is one pupil of a class with scores.

    classes: ids of the workspace's classes. stem: the name of the file, without its ending.
    """
    roles = {i: role_of(text) for i, text in enumerate(sheet.header) if text}
    places = class_places(roles)
    cards = {i for i in roles if looks_like_id_cards(sheet.header[i], sheet.columns[i])}
    pupil = _pupil(sheet, roles, places, cards)
    said = bool(occasion.subject or occasion.class_name)
    if pupil is None or not ("class" in places or _is_of_pupils(sheet, roles, pupil, said)):
        return None
    if not (occasion.subject or any(SCORES.search(text) or dimension_of(text)[1] for text in (*sheet.header, stem))):
        return None
    uses: dict[int, tuple[Used | None, str, Unused | None, bool]] = {}
    candidates: list[tuple[int, str, str, bool]] = []  # index, dimension, subject, converted
    for i, role in roles.items():
        text, values = sheet.header[i], different(sheet.columns[i])
        if i in cards:
            uses[i] = None, "", "identity_card", True
        elif i == pupil:
            uses[i] = "pupil", "", None, role == "pupil"
        elif role is not None:
            uses[i] = None, "", "person" if role in ("person", "pupil") else "respondent", True
        elif is_left_out(text):
            uses[i] = None, "", "calculated", True
        elif ITEM.fullmatch(bare(text)):
            uses[i] = None, "", "test_item", True
        elif values and numeric_share(values) >= NUMERIC:
            dimension, subject, converted = dimension_of(text)
            candidates.append((i, dimension, subject, converted))
        else:
            uses[i] = None, "", "unclear" if values and dimension_of(text)[1] else "free_text", True
    by_subject = _by_subject(sheet, candidates, occasion.subject, uses)
    if not by_subject:
        return None
    source = class_source(sheet, places, classes) if "class" in places else None
    for part in source.roles if source is not None else ():
        uses[places[part]] = "class", "", None, True
    columns = tuple(
        WideColumn(letter(i), sheet.header[i], use, into, why, sure) for i, (use, into, why, sure) in sorted(uses.items())
    )
    used = [i for i, (use, *_) in uses.items() if use == "score"]
    words = dict.fromkeys(word for i in used for word in words_for_no_score(different(sheet.columns[i])))
    grades = {grade_of(v) or (v if v.isdecimal() else "") for v in _values(sheet, places.get("grade"))}
    grade = grades.pop() if len(grades) == 1 else ""
    stages = {stage_of_grade(grade_of(v)) for role in ("grade", "class") for v in _values(sheet, places.get(role))} - {""}
    stage = stage_of_grade(grade) or (stages.pop() if len(stages) == 1 else "") or occasion.stage
    about = {"programme": occasion.programme, "term": occasion.term, "grade": grade or ("" if grades else occasion.grade)}
    named = {i: source_name(column, columns) for i, column in zip(sorted(uses), columns, strict=True)}
    scores = {subject: {d: named[i] for d, i in of_subject.items()} for subject, of_subject in by_subject.items()}
    questions = _questions(source, occasion, stage, "" in by_subject, stem, sheet, classes)
    of_class = () if source is None else tuple(named[places[part]] for part in source.roles)
    return ScoreSheetGuess(
        sheet.file, sheet.name, tuple(header), columns, questions, (), scores,
        of_class, named[pupil], tuple(words), about,
    )  # fmt: skip


def class_questions(source: ClassSource) -> list[WideQuestion]:
    """What is to be said of the way a class is written."""
    if source.prefixes == ("",):
        return []
    if len(source.prefixes) == 1:
        return [WideQuestion("class_prefix", source.prefixes[0], True, required=False)]
    return [WideQuestion("class_prefix", choices=source.prefixes, required=bool(source.prefixes))]


def _questions(
    source: ClassSource | None, occasion: Occasion, stage: str, subject: bool, stem: str, sheet: Sheet, classes: Collection[str]
) -> tuple[WideQuestion, ...]:
    return (
        WideQuestion("assessment", without_class(stem), True),
        WideQuestion("date", occasion.day, bool(occasion.day)),
        *([WideQuestion("subject", occasion.subject, bool(occasion.subject))] if subject else []),
        WideQuestion("stage", stage, bool(stage), STAGES),
        *(class_questions(source) if source is not None else [_class_question(sheet, occasion, classes)]),
    )


def _class_question(sheet: Sheet, occasion: Occasion, classes: Collection[str]) -> WideQuestion:
    """Which class a sheet without a column for it is. Certain where the sheet is named as a class, and the workspace, where
    it has classes, has exactly one whose id ends so."""
    name = sheet.name or ""
    named = is_class_name(name)
    ending = [known for known in classes if named and known.endswith(name)]
    value = ending[0] if len(ending) == 1 else occasion.class_name
    return WideQuestion("class", value, named and (len(ending) == 1 or not classes))


def _by_subject(
    sheet: Sheet,
    candidates: Sequence[tuple[int, str, str, bool]],
    subject_of_file: str,
    uses: dict[int, tuple[Used | None, str, Unused | None, bool]],
) -> dict[str, dict[str, int]]:
    """Subject -> dimension -> index of its column, and the use of every candidate.

    Columns of no subject are parts of the file's subject, where no column names one; beside columns of subjects they are
    unclear. A subject's own column is left out where two or more parts of it have theirs.
    """
    named = any(subject for _, _, subject, _ in candidates)
    chosen: dict[str, dict[str, int]] = {}
    for i, dimension, subject, converted in sorted(candidates, key=lambda c: (c[3], c[0])):
        if named and not subject:
            if len({s for _, _, s, _ in candidates if s}) > 1:
                uses[i] = None, "", "unclear", True
                continue
            subject = next(s for _, _, s, _ in candidates if s)
        subject = subject or subject_of_file
        same = chosen.setdefault(subject, {})
        is_whole = not dimension or subject_names().name(dimension) == subject
        name = subject if subject and is_whole else dimension or sheet.header[i]
        if name in same:
            uses[i] = None, "", "converted" if converted else "unclear", True
            continue
        same[name] = i
        uses[i] = "score", name, None, True
    for subject, dimensions in chosen.items():
        if subject in dimensions and len(dimensions) > 2:
            uses[dimensions.pop(subject)] = None, "", "part_of_total", True
    return {subject: dimensions for subject, dimensions in chosen.items() if dimensions}


def _pupil(
    sheet: Sheet, roles: Mapping[int, str | None], places: Mapping[str, int], cards: Collection[int]
) -> int | None:
    """The column that tells the pupils of a class apart: a number, else a name, else the row's own number."""
    rows = len(sheet.rows)
    names = [sheet.columns[i].to_pylist() for i in places.values()]
    for role, least in (("pupil", TELLING), ("person", 1.0), ("number", 1.0), ("person", TELLING)):
        with_role = [i for i, other in roles.items() if other == role and i not in cards]
        for i in sorted(with_role, key=lambda i: fold(sheet.header[i]) in GENERAL):
            cells = sheet.columns[i].to_pylist()
            pairs = {row for row in zip(cells, *names, strict=True) if str(row[0]).strip()}
            if len(pairs) >= least * rows > 0:
                return i
    return None


def _is_of_pupils(sheet: Sheet, roles: Mapping[int, str | None], pupil: int, said: bool) -> bool:
    """Whether a sheet without a class is one of pupils: by the header of their number, or by names where a column names a
    subject, or the title or the file's name speaks of a subject or a class (said)."""
    if roles[pupil] == "pupil" and fold(sheet.header[pupil]) not in GENERAL:
        return True
    return said or any(dimension_of(text)[1] for i, text in enumerate(sheet.header) if roles.get(i) is None)


def _values(sheet: Sheet, index: int | None) -> list[str]:
    return [] if index is None else different(sheet.columns[index])
