"""Sheets of observed lessons with a column an item: they become observations, one [[table]] a scale."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from features.schema import TABLES
from features.sources.guess.name_scores import name_score, table_hint
from features.sources.guess.wide.occasion import Occasion
from features.sources.guess.wide.roles import is_left_out, role_of
from features.sources.guess.wide.sheet_cells import different, is_number, numeric_share
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
from features.sources.read.sheet import Sheet, half_width, letter

IDENTIFYING: Final = ("observation_id", "teacher_id", "rater_id", "lesson_id", "date")
PEOPLE: Final = ("teacher_id", "rater_id")
CLEAR: Final = 0.8  # of a header that names one of them
NUMERIC: Final = 0.9
USES: Final[Mapping[str, Used]] = {
    "observation_id": "lesson", "lesson_id": "lesson", "teacher_id": "teacher", "rater_id": "rater", "date": "date",
}  # fmt: skip
FULL_MARKS: Final = (3, 4, 5, 7, 10, 15, 20, 25, 30, 50, 100)
FULL_MARK: Final = re.compile(r"[(（\[【]?\s*(?:满分)?\s*(\d{1,3})\s*分\s*[)）\]】]?\s*$")
"""`教学目标（20分）`: the full mark of an item."""


@dataclass(frozen=True)
class ObservationSheetGuess(WideGuess):
    """places: column of observations -> source columns. items: (key of the scale, its source columns). teacher_ids: name -> id
    of the people in the sheet who are named and not numbered."""

    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    items: tuple[tuple[str, tuple[str, ...]], ...] = ()
    teacher_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> WideKind:
        return "observations"

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(source for _, sources in self.items for source in sources)

    @property
    def evidence(self) -> str:
        return "observation"

    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        """One [[table]] of observations a scale."""
        columns: dict[str, Any] = {name: list(c) if len(c) > 1 else c[0] for name, c in self.places.items()}
        said = {name: self.value(name) for name in ("rater_id", "date") if name not in columns}
        columns |= {name: {"value": value} for name, value in said.items() if value}
        columns |= {name: self._with_ids(columns[name]) for name in PEOPLE if name in columns}
        teacher = self.value("teacher")
        if "teacher_id" not in columns and teacher:
            columns["teacher_id"] = self.column_answer("teacher") or {"value": teacher}
        return [("table", self._table(columns, scale, sources)) for scale, sources in self.items]

    def without_people(self) -> Self:
        """Without names of teachers and raters, which are looked for in the workspace each time."""
        return replace(self, teacher_ids={})

    def _renewed_columns(self, columns: dict[str, Any]) -> dict[str, Any]:
        columns = super()._renewed_columns(columns)
        return columns | {name: self._with_ids(columns[name]) for name in PEOPLE if name in columns}

    def _with_ids(self, source: Any) -> Any:
        return {"from": source, "map": dict(self.teacher_ids)} if isinstance(source, str) and self.teacher_ids else source

    def _table(self, columns: Mapping[str, Any], scale: str, sources: Sequence[str]) -> dict[str, Any]:
        low, _, high = self.value(f"scale:{scale}").rpartition("-")
        limits = {"scale_min": {"value": low}, "scale_max": {"value": high}} if high else {}
        wide = {"wide": {"from": list(sources), "into": ["item", "score"]}}
        return {"name": "observations"} | self.source() | {"columns": {**columns, **limits, **wide}}


def guess_observation_sheet(
    sheet: Sheet, header: Sequence[int], occasion: Occasion, ids: Collection[str], teacher_ids: Mapping[str, str]
) -> ObservationSheetGuess | None:
    """The guess; None where neither a column has raters nor a name speaks of observed lessons, where no column has teachers or
    lessons, or where fewer than two columns are numbers that may be scores.

    ids: of the workspace's teachers; teacher_ids: name -> id of those whose name is theirs alone.
    """
    places: dict[str, int] = {}
    for i, text in enumerate(sheet.header):
        name = _names(text)
        if name is not None and not looks_like_id_cards(text, sheet.columns[i]):
            places.setdefault(name, i)
    hinted = "observations" in table_hint(f"{sheet.file} {sheet.name or ''}")
    if not ("rater_id" in places or hinted) or not {"teacher_id", "lesson_id"} & set(places):
        return None
    scales: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(sheet.header):
        values = different(sheet.columns[i])
        if not text or i in places.values() or is_left_out(text) or role_of(text) is not None:
            continue
        if len(values) and numeric_share(values) >= NUMERIC:
            scales[_full_mark(text, values)].append(i)
    if sum(map(len, scales.values())) < 2:
        return None
    in_scale = {i: scale for scale, of_scale in scales.items() for i in of_scale}
    columns = tuple(
        WideColumn(letter(i), text, *_use(i, text, places, in_scale)) for i, text in enumerate(sheet.header) if text
    )
    by_letter = {column.letter: source_name(column, columns) for column in columns}
    sources = {name: (by_letter[letter(i)],) for name, i in places.items()}
    lesson = sources.get("lesson_id", (*sources["teacher_id"], *sources.get("date", ())) if "teacher_id" in sources else ())
    sources |= {"lesson_id": lesson, "observation_id": sources.get("observation_id", (*lesson, *sources.get("rater_id", ())))}
    questions = [WideQuestion("date", occasion.day, bool(occasion.day))] if "date" not in places else []
    questions += [WideQuestion("rater_id")] if "rater_id" not in places else []
    questions += [WideQuestion("teacher")] if "teacher_id" not in places else []
    questions += [
        WideQuestion(f"scale:{scale}", _limits(scale, [different(sheet.columns[i]) for i in of_scale]), scale.endswith("分"))
        for scale, of_scale in scales.items()
    ]
    items = tuple((scale, tuple(by_letter[letter(i)] for i in of_scale)) for scale, of_scale in scales.items())
    people = {word for name in PEOPLE if name in places for word in different(sheet.columns[places[name]])}
    named = {word: teacher_ids[word] for word in sorted(people) if word not in ids and word in teacher_ids}
    return ObservationSheetGuess(
        sheet.file, sheet.name, tuple(header), columns, tuple(questions), (), sources, items, named
    )


def _names(header: str) -> str | None:
    """The column of observations that the header clearly names, of those that say which lesson was observed."""
    scores = {name: name_score(header, TABLES["observations"], name) for name in IDENTIFYING} if header else {}
    clear = {name: score.score for name, score in scores.items() if score is not None and score.score >= CLEAR}
    return max(clear, key=lambda name: clear[name], default=None)


def _use(
    i: int, header: str, places: Mapping[str, int], in_scale: Mapping[int, str]
) -> tuple[Used | None, str, Unused | None]:
    if i in in_scale:
        return "item", header, None
    name = next((name for name, place in places.items() if place == i), None)
    if name is not None:
        return USES[name], "", None
    return None, "", "calculated" if is_left_out(header) else "free_text" if role_of(header) is None else "respondent"


def _full_mark(header: str, values: Sequence[str]) -> str:
    """The key of an item's scale: its full mark where the header says it, else the usual one at or above its highest score."""
    said = FULL_MARK.search(header)
    if said is not None:
        return f"{said[1]}分"
    highest = max(float(half_width(value)) for value in values if is_number(value))
    return str(next((mark for mark in FULL_MARKS if mark >= highest), round(highest)))


def _limits(scale: str, values: Sequence[Sequence[str]]) -> str:
    """The lowest and the highest score; 1 is the lowest of scales to 5 and 7 on which nobody has 0."""
    high = scale.removesuffix("分")
    lowest = min(float(half_width(value)) for of_item in values for value in of_item if is_number(value))
    return f"{1 if high in ('5', '7') and lowest >= 1 else 0}-{high}"
