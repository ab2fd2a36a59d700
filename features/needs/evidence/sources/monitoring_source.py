"""Results of whole schools and districts, as monitoring reports them."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

from features.messages import BilingualText
from features.needs.evidence.adjusted_results import instruments
from features.needs.evidence.class_attribution import UnitValues, unit_results
from features.needs.evidence.sources.evidence_source import ReaderInputs, UnitSource
from features.needs.evidence.sources.source_registry import register
from features.needs.model.source_parameters import SourceParameters
from features.tables import Tables

BETA: Final = 0.12  # pupil-SD a teacher-SD (measurement D9: .10 to .16)
OWN_GAIN: Final = {"school": 0.15, "district": 0.05}  # SD of the unit's own part, given earlier scores
OWN_LEVEL: Final = {"school": 0.45, "district": 0.20}  # and where intake is not known
COMMON_SHARE: Final = 0.8  # of the own part's variance is common to all dimensions


@register
class MonitoringSource(UnitSource):
    name = "monitoring"
    table = "results"
    dated_table = "assessments"
    order = 6
    label = BilingualText("质量监测", "monitoring")
    page_label = BilingualText("学校或区监测", "monitoring of schools")
    indicator_source = "assessment"
    indirect = True

    def select(self, rows: pd.DataFrame) -> pd.Series:
        return rows["unit_kind"].isin(["school", "district"])

    def read_units(self, inputs: ReaderInputs, kind: Literal["school", "district"]) -> UnitValues:
        return unit_results(inputs, self, kind)

    def parameters(self) -> SourceParameters:
        """The school's own part as a column of the joint posterior; what is not common is in the rows' errors."""
        return SourceParameters(
            loading=BETA, loading_sd=float("nan"), method_variance=0.0, method_covariance=0.0, residual_variance=0.0,
            residual_covariance=0.0, school_source_variance=COMMON_SHARE * OWN_GAIN["school"] ** 2,
        )  # fmt: skip

    def instruments(self, tables: Tables) -> pd.DataFrame:
        return instruments(tables)
