"""The file `course_effects`: the expected effect of each course when completed, and the claim made for it.

Means and standard errors are those of the need rule that ranks: the prior of the course's form, updated by measured
gains and by tests. A claim comes only from a comparison: lottery seats, else a doubly robust estimate where treated
and untreated teachers overlap, else none.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from features.disclosure import reported_count
from features.snapshot import Snapshot
from models.bundles.bundle import Bundle


def course_effects(snapshot: Snapshot, bundle: Bundle) -> pd.DataFrame:
    """(C, 6) one row a course, effects in teacher-SD units; `n_treated` counts those who completed it by as-of.

    Counts of one to four people are empty.
    """
    rule = bundle.scoring_model.rule
    mean, sd = rule.effects(snapshot)
    enrolments = snapshot.tables["enrolments"]
    completed = enrolments.loc[enrolments["status"] == "completed", "course_id"].value_counts()
    estimated = [rule.estimated.courses.get(str(course)) for course in snapshot.course_ids]
    return pd.DataFrame({
        "course_id": snapshot.course_ids,
        "effect_mean": mean,
        "effect_sd": sd,
        "n_treated": _counts(completed.reindex(snapshot.course_ids).fillna(0).astype(int).tolist()),
        "n_comparison": _counts(0 if row is None else row[3] for row in estimated),
        "claim": ["unknown" if row is None else row[4] for row in estimated],
    })  # fmt: skip


def _counts(people: Iterable[int]) -> pd.Series:
    return pd.Series([reported_count(n) for n in people], dtype="Int64")
