"""The teacher's part of line 3: how many hours of a course count towards the hours she owes in this cycle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.hours import hours_owed
from features.messages import Message, message
from features.snapshot import Snapshot


class OwedHours:
    """Hours owed by teacher and category of course; `table` has the rules for the teacher's own page."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.table = hours_owed(snapshot.tables, snapshot.as_of)
        self._owed: dict[tuple[str, str], tuple[float, str]] = {}
        ends = pd.to_datetime(self.table["cycle_end"]).dt.strftime("%Y-%m-%d").tolist()
        keys = zip(self.table["teacher_id"], self.table["category"], strict=True)
        for key, hours, end in zip(keys, self.table["owed"].to_numpy(np.float64), ends, strict=True):
            if key not in self._owed or hours > self._owed[key][0]:
                self._owed[key] = (float(hours), end)

    def counted(self, teacher_id: str, category: str, hours: float) -> Message:
        """How much of `hours` counts. A rule for any category takes hours of each."""
        rules = [self._owed[key] for key in ((teacher_id, category), (teacher_id, "any")) if key in self._owed]
        if not rules:
            return message("reasons.hours_unrecorded")
        owed, end = max(rules)
        if owed <= 0:
            return message("reasons.hours_complete", end=end)
        return message("reasons.hours_counted", hours=min(hours, owed), end=end)
