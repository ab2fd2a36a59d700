"""Needs: the posterior of every gap at one date, as arrays for the ranker and as frames for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from html import escape
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.unused_evidence import EvidenceLedger
from features.needs.gap import NONE_UP_TO, THIN_BELOW
from features.needs.model.teacher_posterior import PosteriorState

Array = NDArray[np.float64]
LEAST_SHORT: Final = 0.05  # teacher-SD, half a point: an estimate less far below target is not called a need


@dataclass(frozen=True, repr=False)
class Needs:
    """What is known of N teachers in K leaf competencies at `as_of`, in teacher-SD units.

    teacher_ids (N,) in the order of the teachers table; competency_ids (K,) in the order of the competencies
    table. All arrays are (N, K). `applies` is False where no target matches the teacher: there gap_mean,
    expected_gap, p_need and weight are 0.

    report: rows of the contract's `needs` file for teachers, departments, schools and districts.
    class_effects, school_views: the contract's files of these names.
    components: what was estimated on the way (variance components, loadings, biases), one row each:
    name, source, value, sd, from ("data" or "prior").
    measured: (N,) whether there is any record of the teacher herself; None counts as True for all.
    state: what the posterior of one teacher is computed from again when her own values change; None where it was not kept.
    unused: rows of evidence left out, and rows used under an assumption, by source and kind (EvidenceLedger.frame).
    """

    as_of: date
    teacher_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    applies: NDArray[np.bool_]
    mean: Array
    sd: Array
    gap_mean: Array
    gap_sd: Array
    p_need: Array
    expected_gap: Array
    reliability: Array
    weight: Array
    report: pd.DataFrame
    class_effects: pd.DataFrame
    school_views: pd.DataFrame
    components: pd.DataFrame
    measured: NDArray[np.bool_] | None = None
    unused: pd.DataFrame = field(default_factory=lambda: EvidenceLedger().frame())
    state: PosteriorState | None = None

    def __post_init__(self) -> None:
        if self.measured is None:
            object.__setattr__(self, "measured", np.ones(len(self.teacher_ids), dtype=bool))

    @cached_property
    def reliable(self) -> NDArray[np.bool_]:
        """(N, K) estimates with enough evidence, some of it the teacher's own."""
        own = np.asarray(self.measured)[:, None]
        return np.asarray(self.applies & (self.reliability >= THIN_BELOW) & own)

    @cached_property
    def needed(self) -> NDArray[np.bool_]:
        """(N, K) clear or possible needs whose estimate lies below the target."""
        return np.asarray(self.reliable & (self.p_need > NONE_UP_TO) & (self.gap_mean >= LEAST_SHORT))

    @cached_property
    def short(self) -> NDArray[np.bool_]:
        """(N, K) estimates below the target, whatever the evidence."""
        return np.asarray(self.applies & (self.gap_mean >= LEAST_SHORT))

    @property
    def has_evidence(self) -> bool:
        """False when nothing at all has been measured: then gain is only its prior."""
        return bool((self.report["n_evidence"] > 0).any()) if len(self.report) else False

    @property
    def bands(self) -> pd.DataFrame:
        """Rows of `report` by unit kind and band."""
        if "band" not in self.report:
            return pd.DataFrame()
        return pd.crosstab(self.report["unit_kind"], self.report["band"])

    def __repr__(self) -> str:
        bands = self.bands
        return "\n".join([self._title(), *(bands.to_string().splitlines()[:9] if len(bands) else ())])

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._title())}</p>{self.bands.to_html()}"

    def _title(self) -> str:
        evidence = "with evidence" if self.has_evidence else "without evidence"
        shape = f"{len(self.teacher_ids)} teachers x {len(self.competency_ids)} competencies"
        return f"Needs at {self.as_of}, {evidence}: {shape}; rows of .report by band"
