"""The teacher's part of line 3: how many hours of a course count towards what she owes in this cycle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.hours import hours_owed
from features.snapshot import Snapshot
from recommender.lists.reasons.reason_words import BilingualText, number


class OwedHours:
    """Hours owed by teacher and category of course, and the rules themselves for the teacher's own page."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.table = hours_owed(snapshot.tables, snapshot.as_of)
        self._index: dict[tuple[str, str], tuple[float, str]] = {}
        ends = pd.to_datetime(self.table["cycle_end"]).dt.strftime("%Y-%m-%d").tolist()
        owed = self.table["owed"].to_numpy(np.float64)
        for key, hours, end in zip(
            zip(self.table["teacher_id"], self.table["category"], strict=True), owed, ends, strict=True
        ):
            held = self._index.get(key)
            if held is None or hours > held[0]:
                self._index[key] = (float(hours), end)

    def said(self, teacher_id: str, category: str, hours: float) -> BilingualText:
        """What of `hours` counts; a rule for any category takes hours of each."""
        rules = [r for r in (self._index.get((teacher_id, c)) for c in (category, "any")) if r is not None]
        if not rules:
            return BilingualText("是否计入学时要求：未记录", "whether they count towards required hours: not recorded")
        owed, end = max(rules)
        if owed <= 0:
            return BilingualText(
                f"本周期（至 {end}）要求的学时已满", f"required hours of this cycle (to {end}) are complete"
            )
        counts = number(min(hours, owed))
        return BilingualText(
            f"其中 {counts} 学时可计入本周期（至 {end}）所欠学时",
            f"{counts} of them count towards hours owed in this cycle (to {end})",
        )
