"""The contract's `course_effects`: what one completed course is expected to lift by, and what is claimed of it.

Means and errors are those the served rule ranks with: stated by form, moved by measured gains and by tests.
A claim comes from a comparison alone: lottery seats, else a doubly robust one where people overlap, else none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.snapshot import Snapshot
from models.bundles.bundle import Bundle


def course_effects(snapshot: Snapshot, bundle: Bundle) -> pd.DataFrame:
    """One row a course, teacher-SD units; `n_treated` counts those who completed it by as-of."""
    rule = bundle.served.rule
    mean, sd = rule.effects(snapshot)
    taken = snapshot.tables["enrolments"]
    done = taken.loc[taken["status"] == "completed", "course_id"].value_counts()
    held = [rule.estimated.courses.get(str(course)) for course in snapshot.course_ids]
    return pd.DataFrame({
        "course_id": snapshot.course_ids,
        "effect_mean": mean,
        "effect_sd": sd,
        "n_treated": done.reindex(snapshot.course_ids).fillna(0).to_numpy(np.int64),
        "n_comparison": np.array([0 if row is None else row[3] for row in held], np.int64),
        "claim": ["unknown" if row is None else row[4] for row in held],
    })  # fmt: skip
