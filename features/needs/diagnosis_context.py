"""The steps of a diagnosis before the posterior: evidence, hierarchy, targets, variance components, prior mean.

The diagnosis and its checks start from the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.evidence import Evidence, gather
from features.needs.leaf_competencies import leaf_ids
from features.needs.model.hierarchical_elimination import UnitInformation
from features.needs.model.prior_mean import fit_prior_mean
from features.needs.model.unit_information import unit_information
from features.needs.model.variance_components import VarianceComponents, estimate
from features.needs.org_hierarchy import OrgHierarchy, org_hierarchy
from features.needs.targets import Targets, find_targets
from features.tables import Tables

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class DiagnosisContext:
    """Tables known at `as_of`, their evidence, and the estimates from it for N teachers and K leaf competencies.

    prior_mean: (N, K), in SD of ability.
    """

    tables: Tables
    as_of: date
    evidence: Evidence
    hierarchy: OrgHierarchy
    competency_ids: tuple[str, ...]
    targets: Targets
    components: VarianceComponents
    prior_mean: Array

    @property
    def monitored(self) -> UnitInformation:
        """Information of results of schools on the abilities, each source's own part, and that of monitoring."""
        own = len(self.competency_ids) + len(self.evidence.cells)
        place = self._places(self.hierarchy.school_ids)
        return unit_information(self.evidence.schools, "school", place, own, own + 1)

    @property
    def monitored_districts(self) -> UnitInformation:
        """Information of results of districts on the abilities."""
        place = self._places(self.hierarchy.district_ids)
        return unit_information(self.evidence.districts, "district", place, -1, len(self.competency_ids))

    def _places(self, ids: NDArray[np.object_]) -> NDArray[np.intp]:
        return pd.Index(ids).get_indexer(pd.Index(self.tables["organizations"]["org_id"]))


def diagnosis_context(
    tables: Tables, as_of: date, evidence: Evidence | None = None, progress: Progress | None = None
) -> DiagnosisContext:
    """The steps up to the posterior; evidence: gathered before, None to gather it."""
    report = progress or (lambda what, share: None)
    report("evidence", 0.0)
    tables = tables.until(as_of)
    evidence = evidence or gather(tables, as_of)
    report("variance components", 0.3)
    hierarchy, targets = org_hierarchy(tables), find_targets(tables)
    competency_ids, index = leaf_ids(tables["competencies"]), hierarchy.index
    components = estimate(
        evidence.sources, index.school, index.department, index.districts, len(competency_ids), evidence.cells
    )
    prior_mean = fit_prior_mean(tables, evidence.cells, components, index.school, targets.applies, as_of)
    return DiagnosisContext(
        tables, as_of, evidence, hierarchy, competency_ids, targets, components, prior_mean
    )
