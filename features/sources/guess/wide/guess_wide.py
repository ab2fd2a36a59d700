"""Which kind of wide sheet a sheet is, where it is one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from features.sources.guess.answers.questionnaire import guess_questionnaire
from features.sources.guess.wide.class_means import guess_class_means
from features.sources.guess.wide.long_sheet import guess_long_sheet
from features.sources.guess.wide.observation_sheet import guess_observation_sheet
from features.sources.guess.wide.occasion import occasion_of
from features.sources.guess.wide.score_sheet import guess_score_sheet
from features.sources.guess.wide.sheet_cells import texts_above
from features.sources.guess.wide.wide_guess import WideGuess
from features.sources.read.locate import suffix_of
from features.sources.read.sheet import Sheet


@dataclass(frozen=True)
class KnownNames:
    """What the workspace has: classes, teachers and competencies by id, teachers by their name where it is one's alone, and
    measures (dimensions and items) of which it is known what they speak of."""

    ids: Mapping[str, Collection[str]] = field(default_factory=dict)
    teacher_ids: Mapping[str, str] = field(default_factory=dict)
    measures: Collection[str] = ()


def known_names(existing: Mapping[str, pd.DataFrame]) -> KnownNames:
    """The ids and names of these tables that wide sheets may hold."""
    ids: dict[str, Collection[str]] = {}
    for table, column in (("classes", "class_id"), ("teachers", "teacher_id"), ("competencies", "competency_id")):
        if table in existing:
            ids[table] = set(existing[table][column])
    names: dict[str, str] = {}
    if "teachers" in existing and "name" in existing["teachers"]:
        named = existing["teachers"].dropna(subset="name")
        once = named[~named["name"].duplicated(keep=False)]
        names = dict(zip(once["name"], once["teacher_id"], strict=True))
    indicators = existing["indicators"]["indicator"] if "indicators" in existing else ()
    return KnownNames(ids, names, {*ids.get("competencies", ()), *indicators})


def guess_wide(first: Sheet, sheet: Sheet, header: Sequence[int], known: KnownNames) -> WideGuess | None:
    """The guess; None where the sheet is no score sheet, no table of class means, no observed lessons and no questionnaire.

    first: the sheet as read from its first row on; sheet: with its header in these rows, without what stands below the data.
    """
    stem = _stem(sheet.file)
    name = sheet.name if sheet.name and not sheet.name.casefold().startswith("sheet") else ""
    occasion = occasion_of([*texts_above(first, header), name, stem])
    guesses: tuple[Callable[[], WideGuess | None], ...] = (
        lambda: guess_score_sheet(sheet, header, occasion, known.ids.get("classes", ()), stem),
        lambda: guess_long_sheet(sheet, header, occasion, known.ids.get("classes", ()), stem),
        lambda: guess_observation_sheet(sheet, header, occasion, known.ids.get("teachers", ()), known.teacher_ids),
        lambda: guess_questionnaire(sheet, header, occasion, known.ids, known.teacher_ids, stem),
        lambda: guess_class_means(sheet, header, occasion, known.ids.get("classes", ()), stem),
    )
    first_guess = next((result for guess in guesses if (result := guess()) is not None), None)
    if first_guess is None or not known.ids.get("competencies"):
        return first_guess
    return first_guess.asking_competencies(known.measures)


def _stem(file: str) -> str:
    return file[: -len(suffix_of(Path(file)))] or file
