"""Other effects that the same courses could have had: doses drawn again, people and everything registered unchanged.

One city is mostly the luck of a few strong courses. A rule of lists is compared on many redraws of that luck: doses given
what a catalogue says about a course (form, mechanisms, hours, goals), or given its grade of evidence as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from features.simulate.course_catalogue import FORMS, draw_doses, draw_grades
from features.simulate.random_streams import Floats, Ints, stream
from features.simulate.truth import Truth

CANDIDATES: Final = 600  # doses of every course, of which those with its grade of evidence are drawn from


def redraw_effects(
    truth: Truth, courses: pd.DataFrame, goals: pd.DataFrame, seed: int, draws: int, given_grade: bool = False
) -> Iterator[Truth]:
    """`draws` truths that differ in their doses. courses, goals: the tables of the simulated city as they were written.

    given_grade: only doses whose study would have led to the registered grade; a course whose grade no candidate has
    keeps its own.
    """
    table = courses.set_index("course_id").loc[truth.courses["course_id"]]
    form: Ints = np.asarray(table["form"].map({name: i for i, name in enumerate(FORMS)}), dtype=np.int64)
    mechanisms = table["mechanisms"].fillna("").map(lambda cell: len([m for m in str(cell).split(";") if m]))
    hours, count = table["hours"].to_numpy(np.float64), np.asarray(mechanisms, dtype=np.int64)
    claimed = np.zeros((len(table), len(truth.competencies)))
    row = pd.Index(truth.courses["course_id"]).get_indexer(pd.Index(goals["course_id"]))
    column = pd.Index(truth.competencies["competency_id"]).get_indexer(pd.Index(goals["competency_id"]))
    known = (row >= 0) & (column >= 0)
    claimed[row[known], column[known]] = goals["weight"].to_numpy(np.float64)[known]
    rng = stream(seed, "redraws")
    if not given_grade:
        for _ in range(draws):
            yield truth.with_doses(draw_doses(rng, form, count, hours, claimed)[0])
        return
    grade = table["evidence_grade"].map({name: i for i, name in enumerate("ABCD")}).fillna(-1).to_numpy(np.int64)
    doses = [draw_doses(rng, form, count, hours, claimed)[0] for _ in range(CANDIDATES)]
    fits = np.array([(draw_grades(rng, dose) == grade) | (grade < 0) for dose in doses])
    for _ in range(draws):
        yield truth.with_doses(_one_each(rng, doses, fits, truth))


def _one_each(rng: np.random.Generator, doses: list[Floats], fits: np.ndarray, truth: Truth) -> Floats:
    """(C, K) of each course one of its candidates that fit, else its own dose."""
    picked: Ints = np.argmax(np.where(fits, rng.random(fits.shape), -1.0), axis=0)
    own = truth.dose_grid
    return np.array([
        doses[candidate][c] if fits[candidate, c] else own[c] for c, candidate in enumerate(picked)
    ])  # fmt: skip
