"""The contract's `course_effects`: what one completed course is expected to close, and what is claimed of it.

Until comparison groups are used, an effect is what the need rule expects of a course of this form, nobody
serves as comparison, and no course is said to work or not to work.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.snapshot import Snapshot
from models.bundle import Bundle


def course_effects(snapshot: Snapshot, bundle: Bundle) -> pd.DataFrame:
    """One row a course, teacher-SD units; `n_treated` counts those who completed it by as-of."""
    mean, sd = bundle.served.rule.effects(snapshot)
    taken = snapshot.tables["enrolments"]
    done = taken.loc[taken["status"] == "completed", "course_id"].value_counts()
    return pd.DataFrame({
        "course_id": snapshot.course_ids,
        "effect_mean": mean,
        "effect_sd": sd,
        "n_treated": done.reindex(snapshot.course_ids).fillna(0).to_numpy(np.int64),
        "n_comparison": np.zeros(len(mean), np.int64),
        "claim": "unknown",
    })  # fmt: skip
