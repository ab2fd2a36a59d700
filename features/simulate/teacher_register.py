"""The register of people; it names nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from features.simulate.city import TITLES, SimulatedCity
from features.simulate.framework import LADDER, STAGES, SUBJECTS
from features.simulate.write_tables import join, pick


def teachers_table(city: SimulatedCity) -> dict[str, Any]:
    """The teachers table; `name` is a number and says that it is simulated."""
    one = pick(SUBJECTS, city.subject)
    pairs = join(pick(SUBJECTS, city.subject), ";", pick(SUBJECTS, np.maximum(city.second, 0)))
    return {
        "teacher_id": city.teacher_ids, "school_id": pick(city.school_ids, city.school),
        "role": pick(("teacher", "principal"), city.principal.astype(np.int64)),
        "stage": pick(STAGES, city.stage), "subject": pc.if_else(city.second >= 0, pairs, one),
        "start_date": city.started,
        "title": pick(TITLES, city.title),
        "ladder_step": pick(LADDER, np.where(city.ladder > 0, city.ladder, -1)),
        "weekly_lessons": city.weekly, "name": join("教师 ", city.teacher_ids, " (模拟)"),
    }  # fmt: skip
