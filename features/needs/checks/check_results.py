"""The results of all checks of one diagnosis, as frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.needs.checks.cross_source_prediction import CrossSourcePredictions
from features.needs.checks.data_gaps import DataGaps
from features.needs.checks.intake_bias import IntakeBias


@dataclass(frozen=True)
class CheckResults:
    """Numbers of teachers and schools, and one frame a check, each described by the function that makes it.

    teachers, schools: of the workspace; sampled_teachers, sampled_schools: of the sample that posteriors are recomputed
    for.
    """

    as_of: date
    teachers: int
    schools: int
    sampled_teachers: int
    sampled_schools: int
    components: pd.DataFrame
    reliability: pd.DataFrame
    predictions: CrossSourcePredictions
    intake_bias: IntakeBias
    sensitivity: pd.DataFrame
    coverage: pd.DataFrame
    age: pd.DataFrame
    comparability: pd.DataFrame
    gaps: DataGaps

    @property
    def without_evidence(self) -> bool:
        """No evidence on any teacher: the posterior is the prior."""
        return not len(self.reliability) or not self.age["people"].sum()
