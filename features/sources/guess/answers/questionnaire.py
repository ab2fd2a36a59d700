"""Exports of questionnaires: one row a respondent, one column a question; they become [[ratings]], one a scale."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from features.sources.guess.answers.answer_scale import AnswerScale, looks_reversed
from features.sources.guess.answers.question_scales import (
    distinct_items,
    item_name,
    no_answers,
    question_scales,
)
from features.sources.guess.wide.class_source import class_column, class_places, class_source
from features.sources.guess.wide.occasion import Occasion
from features.sources.guess.wide.roles import Role, is_left_out, role_of
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
from features.sources.read.sheet import Sheet, letter

KINDS: Final = ("student_feedback", "self_report")
SELF: Final = ("自评", "自我评价", "self-assessment", "self assessment", "self report", "self-report", "自我诊断", "教师问卷")


@dataclass(frozen=True)
class QuestionnaireGuess(WideGuess):
    """scales: each with item -> source column, and its words for no answer. teacher: its column, None for none;
    teacher_ids: name -> id where the column holds names. classes: the columns of the class."""

    scales: tuple[tuple[AnswerScale, Mapping[str, str], tuple[str, ...]], ...] = ()
    teacher: str | None = None
    teacher_ids: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    @property
    def kind(self) -> WideKind:
        return "ratings"

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(item for _, items, _ in self.scales for item in items)

    @property
    def evidence(self) -> str:
        return self.value("kind")

    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        """One [[ratings]] a scale."""
        reverse = {word.strip().upper() for word in self.value("reverse").split(",")} - {""}
        reversed_headers = {source_name(c, self.columns) for c in self.columns if c.letter in reverse}
        sections = []
        for guessed, items, no_answer in self.scales:
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
            words = [*no_answer, *(word for word in scale.unknown if self.value(f"answer:{word}") == "")]
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
            return self.column_answer("teacher") or {"value": self.value("teacher")}
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
    scales = question_scales(sheet, {
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
            columns.append(WideColumn(at, text, "item", item_name(text)))
        elif i == teacher:
            columns.append(WideColumn(at, text, "teacher"))
        elif i in of_class:
            columns.append(WideColumn(at, text, "class"))
        else:
            columns.append(WideColumn(at, text, None, "", _why(roles[i], i in cards)))
    by_index = dict(zip(roles, columns, strict=True))
    names = {i: source_name(by_index[i], columns) for i in by_index}
    items_of = distinct_items({i: by_index[i].into for i in sorted(in_scale)})
    grouped = tuple(
        (scale, {items_of[i]: names[i] for i in items}, no_answers(sheet, values, items)) for scale, items in scales
    )
    ids = _ids_of(values[teacher], known.get("teachers", ()), teacher_ids) if teacher is not None else {}
    return QuestionnaireGuess(
        sheet.file, sheet.name, tuple(header), tuple(columns),
        (*_questions(occasion, stem, teacher is None, [by_index[i] for i in sorted(in_scale)], [scale for scale, _ in scales]),
         *(class_questions(source) if source is not None else ())),
        (), grouped, None if teacher is None else names[teacher], ids, tuple(names[i] for i in of_class),
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


def _why(role: Role | None, card: bool) -> Unused:
    """Why a column is not used."""
    if card:
        return "identity_card"
    if role in ("respondent", "number"):
        return "respondent"
    return "free_text" if role is None else "person"


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


def _plain(number: float) -> float:
    """A whole number without its point."""
    return int(number) if number == int(number) else number
