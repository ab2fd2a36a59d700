"""Exports of questionnaires: one row a respondent, one column a question; they become [[ratings]], one a scale."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from features.sources.guess.wide.answer_scale import (
    AnswerScale,
    is_no_answer,
    looks_reversed,
    scale_of_numbers,
    scale_of_words,
)
from features.sources.guess.wide.class_source import class_column, class_places, class_source
from features.sources.guess.wide.occasion import Occasion
from features.sources.guess.wide.roles import NUMBERED, Role, is_left_out, role_of
from features.sources.guess.wide.score_sheet import class_questions
from features.sources.guess.wide.sheet_cells import different
from features.sources.guess.wide.wide_guess import (
    Unused,
    WideColumn,
    WideGuess,
    WideKind,
    WideQuestion,
    source_name,
)
from features.sources.read.header import looks_like_id_cards
from features.sources.read.sheet import Sheet, fold, letter

MOST_WORDS: Final = 16  # different answers of a question with a scale
LEAST_QUESTIONS: Final = 3  # with numbers as answers, where numbers might be anything
CODE: Final = re.compile(r"(?:\b|_)id$|Id$|code$|编号$|代码$|年龄|\bage\b|year", re.IGNORECASE)
"""Headers of numbers that are no answers."""
LONG: Final = 5  # characters of a question without a number
KINDS: Final = ("student_feedback", "self_report")
SELF: Final = ("自评", "自我评价", "self-assessment", "self assessment", "self report", "self-report", "自我诊断", "教师问卷")


@dataclass(frozen=True)
class QuestionnaireGuess(WideGuess):
    """scales: each with item -> source column. teacher: its column, None for none; teacher_ids: name -> id where the column
    holds names. classes: the columns of the class. no_answer: words for it."""

    scales: tuple[tuple[AnswerScale, Mapping[str, str]], ...] = ()
    teacher: str | None = None
    teacher_ids: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    no_answer: tuple[str, ...] = ()

    @property
    def kind(self) -> WideKind:
        return "ratings"

    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        """One [[ratings]] a scale."""
        reverse = {word.strip().upper() for word in self.value("reverse").split(",")} - {""}
        reversed_headers = {source_name(c, self.columns) for c in self.columns if c.letter in reverse}
        sections = []
        for guessed, items in self.scales:
            scale, section = self._chosen(guessed), self.source()
            section |= {key: value for key in ("survey", "date") if (value := self.value(key))}
            if self.value("kind") != KINDS[0]:
                section["kind"] = self.value("kind")
            section["teacher"] = self._teacher()
            if self.classes:
                section["class"] = class_column(self.classes, self.value("class_prefix"))
            section |= {"items": dict(items), "scale": [_plain(scale.low), _plain(scale.high)]}
            lowest_best = [item for item, header in items.items() if header in reversed_headers]
            if lowest_best:
                section["reverse"] = lowest_best
            numbers = {word: _plain(number) for word, number in self._numbers(scale).items()}
            section |= {"answers": numbers} if numbers else {}
            words = [*self.no_answer, *(word for word in scale.unknown if self.value(f"answer:{word}") == "")]
            sections.append(("ratings", section | ({"missing": words} if words else {})))
        return sections

    def without_people(self) -> Self:
        """Without the teachers' names, which are looked for in the workspace each time."""
        return replace(self, teacher_ids={})

    def _renewed(self, section: dict[str, Any]) -> dict[str, Any]:
        section = super()._renewed(section)
        if self.teacher_ids and section.get("teacher") == self.teacher:
            section["teacher"] = self._teacher()
        return section

    def _teacher(self) -> Any:
        if self.teacher is None:
            return {"value": self.value("teacher")}
        return {"from": self.teacher, "map": dict(self.teacher_ids)} if self.teacher_ids else self.teacher

    def _chosen(self, scale: AnswerScale) -> AnswerScale:
        """The scale that the answer names; for numbers, the same with other limits."""
        reply = self.value(f"scale:{scale.family}")
        low, _, high = reply.rpartition("-")
        if not reply or reply == f"{scale.low}-{scale.high}":
            return scale
        same = (way for way in scale.others if reply == f"{way.low}-{way.high}")
        return next(same, replace(scale, low=float(low), high=float(high)))

    def _numbers(self, scale: AnswerScale) -> dict[str, float]:
        more = {word: self.value(f"answer:{word}") for word in scale.unknown}
        return {**scale.numbers, **{word: float(number) for word, number in more.items() if number}}


def guess_questionnaire(
    sheet: Sheet,
    header: Sequence[int],
    occasion: Occasion,
    known: Mapping[str, Collection[str]],
    teacher_ids: Mapping[str, str],
    stem: str,
) -> QuestionnaireGuess | None:
    """The guess; None where fewer than two columns are questions with a scale.

    known: table -> its ids. teacher_ids: name -> id of the workspace's teachers, names of one teacher only.
    """
    roles = {i: role_of(text) for i, text in enumerate(sheet.header) if text}
    values = {i: different(sheet.columns[i]) for i in roles}
    cards = {i for i in roles if looks_like_id_cards(sheet.header[i], sheet.columns[i])}
    scales = _scales(sheet, {
        i: words for i, words in values.items()
        if roles[i] is None and i not in cards and not is_left_out(sheet.header[i], by_parts=False)
    })  # fmt: skip
    in_scale = {i for _, items in scales for i in items}
    if len(in_scale) < 2:
        return None
    places = class_places(roles)
    teacher = _teacher(roles, values, known.get("teachers", ()), teacher_ids)
    source = class_source(sheet, places, known.get("classes", ())) if "class" in places else None
    of_class = [places[role] for role in source.roles] if source is not None else []
    columns = []
    for i in roles:
        at, text = letter(i), sheet.header[i]
        if i in in_scale:
            columns.append(WideColumn(at, text, "item", _item(text, known)))
        elif i == teacher:
            columns.append(WideColumn(at, text, "teacher"))
        elif i in of_class:
            columns.append(WideColumn(at, text, "class"))
        else:
            columns.append(WideColumn(at, text, None, "", _why(roles[i], i in cards)))
    by_index = dict(zip(roles, columns, strict=True))
    names = {i: source_name(by_index[i], columns) for i in by_index}
    grouped = tuple((scale, _items({i: by_index[i] for i in items}, names)) for scale, items in scales)
    ids = _ids_of(values[teacher], known.get("teachers", ()), teacher_ids) if teacher is not None else {}
    return QuestionnaireGuess(
        sheet.file, sheet.name, tuple(header), tuple(columns),
        (*_questions(occasion, stem, teacher is None, [by_index[i] for i in sorted(in_scale)], [scale for scale, _ in scales]),
         *(class_questions(source) if source is not None else ())),
        (), grouped, None if teacher is None else names[teacher], ids, tuple(names[i] for i in of_class),
        tuple(dict.fromkeys(w for i in in_scale for w in values[i] if is_no_answer(w) or w == sheet.header[i])),
    )  # fmt: skip


def _questions(
    occasion: Occasion, stem: str, ask_teacher: bool, items: Sequence[WideColumn], scales: Sequence[AnswerScale]
) -> list[WideQuestion]:
    said = any(word in stem.casefold() for word in SELF)
    questions = [
        WideQuestion("survey", stem, True), WideQuestion("date", occasion.day, bool(occasion.day)),
        WideQuestion("kind", KINDS[said], True, KINDS),
    ]  # fmt: skip
    if ask_teacher:
        questions.append(WideQuestion("teacher"))
    suspicious = [column.letter for column in items if looks_reversed(column.header)]
    numbers_alone = any(scale.family == "numbers" for scale in scales)
    questions.append(WideQuestion("reverse", ",".join(suspicious), not suspicious and not numbers_alone, required=False))
    for scale in scales:
        if not scale.certain:
            ways = tuple(dict.fromkeys(f"{way.low}-{way.high}" for way in (scale, *scale.others))) if scale.others else ()
            questions.append(WideQuestion(f"scale:{scale.family}", f"{scale.low}-{scale.high}", choices=ways))
        questions += [WideQuestion(f"answer:{word}", required=False) for word in scale.unknown]
    return questions


def _scales(sheet: Sheet, values: Mapping[int, Sequence[str]]) -> list[tuple[AnswerScale, list[int]]]:
    """The scales of the sheet's questions, each with the indices of its columns; the answers of all questions of a family
    together say which scale of the family it is."""
    families: dict[str, list[int]] = defaultdict(list)
    single: list[int] = []
    for i, words in values.items():
        answers = [word for word in words if not is_no_answer(word) and word != sheet.header[i]]
        if not 1 <= len(answers) <= MOST_WORDS:
            continue
        scale = scale_of_words(answers)
        if scale is None and _is_question(sheet.header[i]) and not CODE.search(sheet.header[i]):
            scale = scale_of_numbers(answers)
        if scale is not None:
            families[scale.family].append(i)
        elif len(answers) == 1:
            single.append(i)
    scales: list[tuple[AnswerScale, list[int]]] = []
    for family, indices in families.items():
        words = list(dict.fromkeys(word for i in indices for word in values[i] if word != sheet.header[i]))
        scale = scale_of_numbers(words) if family == "numbers" else scale_of_words(words)
        if scale is None or scale.family != family or not (scale.numbers or len(indices) >= LEAST_QUESTIONS):
            continue
        same = {fold(word) for word in words}
        answers_of = {i: {fold(word) for word in values[i] if not is_no_answer(word)} for i in single}
        more = [i for i in single if answers_of[i] <= same and _is_question(sheet.header[i])]
        single = [i for i in single if i not in more]
        scales.append((scale, sorted([*indices, *more])))
    return scales


def _why(role: Role | None, card: bool) -> Unused:
    """Why a column is not used."""
    if card:
        return "identity_card"
    if role in ("respondent", "number"):
        return "respondent"
    return "free_text" if role is None else "person"


def _is_question(header: str) -> bool:
    """Whether a header may be a question: it begins with a number, or is longer than a name of a column."""
    return NUMBERED.match(header) is not None or len(header) > LONG or (header[:1] in "Qq" and header[1:2].isdecimal())


def _teacher(
    roles: Mapping[int, Role | None], values: Mapping[int, Sequence[str]], ids: Collection[str], names: Mapping[str, str]
) -> int | None:
    """The column of the teacher: by its header, those with known ids first, else by its cells alone."""
    def known(i: int) -> float:
        return sum(v in ids or v in names for v in values[i]) / max(len(values[i]), 1)

    named = [i for i, role in roles.items() if role == "teacher"]
    if named:
        return max(named, key=lambda i: (known(i), -i))
    unnamed = [i for i, role in roles.items() if role is None and (ids or names) and known(i) >= 0.9 and values[i]]
    return unnamed[0] if unnamed else None


def _ids_of(values: Sequence[str], ids: Collection[str], names: Mapping[str, str]) -> dict[str, str]:
    """Name -> id, for the names among the cells that are no ids."""
    return {value: names[value] for value in values if value not in ids and value in names}


def _item(header: str, known: Mapping[str, Collection[str]]) -> str:
    """The name of an item: the question without its number; of a matrix, the row's."""
    plain = NUMBERED.sub("", header).strip() or header
    for pair in ("[]", "【】"):
        if plain.endswith(pair[1]) and pair[0] in plain:
            plain = plain[plain.rindex(pair[0]) + 1 : -1].strip() or plain
    return plain


def _items(columns: Mapping[int, WideColumn], names: Mapping[int, str]) -> dict[str, str]:
    """Item -> source column; items of one name are told apart by their column."""
    items: dict[str, str] = {}
    for i, column in columns.items():
        items[column.into if column.into not in items else f"{column.into} {column.letter}"] = names[i]
    return items


def _plain(number: float) -> float:
    """A whole number without its point."""
    return int(number) if number == int(number) else number
