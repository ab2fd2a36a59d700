"""Lesson observations, rater severity taken off; an occasion is a lesson, a visit one rater in it, whatever the ids of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.messages import BilingualText
from features.needs.evidence.rater_severity import without_severity
from features.needs.evidence.sources.evidence_source import ReaderInputs, TeacherSource
from features.needs.evidence.sources.source_registry import register
from features.needs.evidence.standardized_evidence import (
    StandardizedSource,
    no_norms,
    scaled_items,
    standardized_source,
)

Index = NDArray[np.intp]
SAMPLING_FROM = 0.01  # of a value's variance: smaller errors of severity are left out


@register
class ObservationSource(TeacherSource):
    name = "observation"
    table = "observations"
    order = 1
    label = BilingualText("课堂观察", "lesson observation")
    page_label = BilingualText("课堂观察", "classroom observations")
    validity = 0.70
    informs_decay = True

    def read(self, inputs: ReaderInputs) -> StandardizedSource:
        items = scaled_items(inputs, self, "score", "observation_id")
        frame = items.frame
        rater, visit, lesson, school = (
            np.asarray(pd.factorize(key)[0], dtype=np.intp)
            for key in (
                frame["rater_id"], frame["teacher_id"] + "|" + frame["lesson_id"] + "|" + frame["rater_id"],
                frame["teacher_id"] + "|" + frame["lesson_id"], frame["school_id"],
            )
        )  # fmt: skip
        value, variance = without_severity(
            items.value, rater, visit, lesson, frame["t"].to_numpy(dtype=np.intp), school
        )
        source = standardized_source(self.name, replace(items, value=value, norms=no_norms()), lesson, inputs.as_of)
        return replace(source, sampling_cov=_severity_errors(lesson, visit, source.j, variance))


def _severity_errors(
    lesson: Index, visit: Index, j: Index, variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(p, 4) occasion, j, j', covariance: all items of a visit carry the same error of the rater's severity."""
    rows = pd.DataFrame({"lesson": lesson, "visit": visit, "j": j, "variance": variance})
    large = rows.loc[rows["variance"] > SAMPLING_FROM]
    pairs = large.merge(large[["visit", "j"]], on="visit", suffixes=("", "_2"))
    return pairs[["lesson", "j", "j_2", "variance"]].to_numpy(dtype=np.float64)
