"""The results of all checks of one diagnosis, as frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from features.needs.checks.cross_source_prediction import CrossSourcePredictions
from features.needs.checks.data_gaps import DataGaps
from features.needs.checks.intake_bias import IntakeBias
from features.needs.evidence.unused_evidence import EvidenceLedger


@dataclass(frozen=True)
class CheckResults:
    """Numbers of teachers and schools, and one frame a check, each described by the function that makes it.

    teachers, schools: of the workspace; sampled_teachers, sampled_schools: of the sample that posteriors are recomputed
    for; unused: rows of evidence left out or used under an assumption (EvidenceLedger.frame).
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
    unused: pd.DataFrame = field(default_factory=lambda: EvidenceLedger().frame())

    @property
    def without_evidence(self) -> bool:
        """No evidence on any teacher: the posterior is the prior."""
        return not len(self.reliability) or not self.age["people"].sum()

    @property
    def left_out(self) -> pd.DataFrame:
        """The rows of `unused` whose evidence is lost until somebody mends the data."""
        kinds = self.unused["kind"]
        return self.unused[~self.unused["used"] & ~kinds.isin(["by_classes", "later", "indicator_unknown"])]
