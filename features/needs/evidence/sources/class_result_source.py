"""Sources whose rows are results of classes, attributed to the teachers who taught them."""

from __future__ import annotations

from typing import ClassVar, Final

import pandas as pd

from features.messages import BilingualText
from features.needs.evidence.adjusted_results import instruments
from features.needs.evidence.class_attribution import class_results
from features.needs.evidence.sources.evidence_source import ReaderInputs, ReportedSource, TeacherSource
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.tables import Tables

CLASS_RESULTS: Final = ReportedSource(
    "class_results",
    BilingualText("班级成绩", "class results"),
    BilingualText("所教班级成绩", "class results"),
)


class ClassResultSource(TeacherSource):
    """gain: results less what earlier scores predict, else those of tests without earlier scores."""

    gain: ClassVar[bool]
    table = "results"
    dated_table = "assessments"
    group = CLASS_RESULTS
    indicator_source = "assessment"

    def select(self, rows: pd.DataFrame) -> pd.Series:
        return rows["unit_kind"] == "class"

    def read(self, inputs: ReaderInputs) -> StandardizedSource:
        return class_results(inputs, self)

    def instruments(self, tables: Tables) -> pd.DataFrame:
        return instruments(tables)
