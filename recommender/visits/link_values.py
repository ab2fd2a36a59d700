"""What it is worth to learn who teaches a class whose results count for nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.unlinked_classes import COLUMNS
from features.tables import split_list
from models.effects.first_course_value import FirstCourseValue

Array = NDArray[np.float64]
GENERALIST: Final = "generalist"


@dataclass(frozen=True)
class LinkValues:
    """classes: rows of `unlinked_classes` that somebody of the school may teach; value, sd (L,) of linking each."""

    classes: pd.DataFrame
    value: Array
    sd: Array


def link_values(
    unlinked: pd.DataFrame, register: pd.DataFrame, value_of_all: Callable[[Mapping[str, int]], FirstCourseValue]
) -> LinkValues:
    """A link is worth the mean over the teachers of the subject in the school (register, n rows), as nobody knows yet whose
    the class is; once a department has as many links as teachers, a next is to one who has one.

    value_of_all: (n,) values of so many more occasions of a source for everybody.
    """
    by_place = _teachers_by_place(register)
    worth: dict[tuple[str, int], FirstCourseValue] = {}

    def value_of_links(source: str, count: int) -> FirstCourseValue:
        key = (source, count)
        if key not in worth:
            worth[key] = value_of_all({source: count} if count else {})
        return worth[key]

    classes, value, sd = [unlinked.iloc[:0][COLUMNS]], [np.zeros(0)], [np.zeros(0)]
    for (school, subject, source), part in unlinked.groupby(["school_id", "subject", "source"], sort=True):
        place = str(school)
        candidates = sorted({*by_place.get((place, str(subject)), ()), *by_place.get((place, GENERALIST), ())})
        if not candidates:
            continue
        rounds = np.arange(len(part)) // len(candidates)
        added, spread = np.zeros(len(part)), np.zeros(len(part))
        for number in range(int(rounds.max()) + 1):
            before, after = value_of_links(str(source), number), value_of_links(str(source), number + 1)
            added[rounds == number] = max(float((after.mean - before.mean)[candidates].mean()), 0.0)
            spread[rounds == number] = float(after.sd[candidates].mean())
        classes.append(part)
        value.append(added)
        sd.append(spread)
    return LinkValues(pd.concat(classes, ignore_index=True), np.concatenate(value), np.concatenate(sd))


def _teachers_by_place(register: pd.DataFrame) -> dict[tuple[str, str], list[int]]:
    """Rows of the register by (school, subject)."""
    result: dict[tuple[str, str], list[int]] = {}
    for i, (school, subjects) in enumerate(zip(register["school_id"], register["subject"].map(split_list), strict=True)):
        for subject in subjects:
            result.setdefault((str(school), str(subject)), []).append(i)
    return result
