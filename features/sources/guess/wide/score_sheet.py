"""Score sheets: one row a pupil, one column a subject or a part of one; they become [[pupils]], one a subject."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from features.schema.column import STAGES
from features.sources.guess.wide.class_source import ClassSource, class_column, class_places, class_source
from features.sources.guess.wide.occasion import Occasion, grade_of, stage_of_grade
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
from features.sources.read.sheet import Sheet, letter
from features.sources.read.subject_names import subject_names

NUMERIC: Final = 0.8  # share of the cells of a column of scores


@dataclass(frozen=True)
class ScoreSheetGuess(WideGuess):
    """by_subject: school subject, "" where it is to be answered -> dimension -> source column. classes: the columns of the
    class. missing_words: what stands for no score. about: programme, term and grade, where the sheet says them."""

    by_subject: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    pupil: str = ""
    missing_words: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> WideKind:
        return "pupils"

    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        """One [[pupils]] a subject; what is not answered yet is left out."""
        several = len(self.by_subject) > 1
        return [("pupils", self._section(subject, scores, several)) for subject, scores in self.by_subject.items()]

    def _section(self, subject: str, scores: Mapping[str, str], several: bool) -> dict[str, Any]:
        subject = subject or self.value("subject")
        section = self.source()
        assessment = self.value("assessment")
        if assessment:
            section["assessment"] = f"{assessment}-{subject}" if several else assessment
            section["name"] = section["assessment"]
        answers = {"date": self.value("date"), "stage": self.value("stage"), "subject": subject}
        section |= {key: value for key, value in (answers | dict(self.about)).items() if value}
        section["class"] = class_column(self.classes, self.value("class_prefix"))
        section |= {"pupil": self.pupil, "scores": dict(scores)}
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
    pupil = _pupil(sheet, roles, cards)
    if "class" not in places or pupil is None:
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
    source = class_source(sheet, places, classes)
    for part in source.roles:
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
    questions = _questions(source, occasion, stage, "" in by_subject, stem)
    return ScoreSheetGuess(
        sheet.file, sheet.name, tuple(header), columns, questions, (), scores,
        tuple(named[places[role]] for role in source.roles), named[pupil], tuple(words), about,
    )  # fmt: skip


def class_questions(source: ClassSource) -> list[WideQuestion]:
    """What is to be said of the way a class is written."""
    if source.prefixes == ("",):
        return []
    if len(source.prefixes) == 1:
        return [WideQuestion("class_prefix", source.prefixes[0], True, required=False)]
    return [WideQuestion("class_prefix", choices=source.prefixes, required=bool(source.prefixes))]


def _questions(source: ClassSource, occasion: Occasion, stage: str, subject: bool, stem: str) -> tuple[WideQuestion, ...]:
    return (
        WideQuestion("assessment", stem, True),
        WideQuestion("date", occasion.day, bool(occasion.day)),
        *([WideQuestion("subject", occasion.subject, bool(occasion.subject))] if subject else []),
        WideQuestion("stage", stage, bool(stage), STAGES),
        *class_questions(source),
    )


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
        name = subject if subject and subject_names().name(dimension) == subject else dimension or sheet.header[i]
        if name in same:
            uses[i] = None, "", "converted" if converted else "unclear", True
            continue
        same[name] = i
        uses[i] = "score", name, None, True
    for subject, dimensions in chosen.items():
        if subject in dimensions and len(dimensions) > 2:
            uses[dimensions.pop(subject)] = None, "", "part_of_total", True
    return {subject: dimensions for subject, dimensions in chosen.items() if dimensions}


def _pupil(sheet: Sheet, roles: Mapping[int, str | None], cards: Collection[int]) -> int | None:
    """The column that tells pupils apart: a number, else a name."""
    for role in ("pupil", "person"):
        for i, other in roles.items():
            if other == role and i not in cards and len(different(sheet.columns[i])) >= 0.8 * len(sheet.rows) > 0:
                return i
    return None


def _values(sheet: Sheet, index: int | None) -> list[str]:
    return [] if index is None else different(sheet.columns[index])
