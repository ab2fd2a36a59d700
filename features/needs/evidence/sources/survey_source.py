"""Sources whose rows are surveys of one kind; an occasion is one survey of one teacher."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.needs.evidence.sources.evidence_source import ReaderInputs, TeacherSource
from features.needs.evidence.standardized_evidence import (
    StandardizedSource,
    scaled_items,
    standardized_source,
)


class SurveySource(TeacherSource):
    """Rows of `surveys` whose kind is the source's name."""

    table = "surveys"

    def select(self, rows: pd.DataFrame) -> pd.Series:
        return rows["kind"] == self.name

    def read(self, inputs: ReaderInputs) -> StandardizedSource:
        items = scaled_items(inputs, self, "mean", "survey_id")
        occasion = pd.factorize(items.frame["teacher_id"] + "|" + items.frame["survey_id"])[0]
        return standardized_source(self.name, items, np.asarray(occasion, dtype=np.intp), inputs.as_of)
