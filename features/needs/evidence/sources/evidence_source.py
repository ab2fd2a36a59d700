"""What a source of evidence declares: its reader, the priors of its measurement model, its words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

import pandas as pd

from features.messages import BilingualText
from features.needs.evidence.adjusted_results import AdjustedResults
from features.needs.evidence.class_attribution import UnitValues
from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.evidence.standardized_evidence import StandardizedSource, of_teachers
from features.needs.evidence.unused_evidence import EvidenceLedger
from features.needs.model.source_parameters import SourceParameters
from features.tables import Tables


@dataclass(frozen=True)
class ReaderInputs:
    """What readers take: tables without any row after `as_of`, what indicators measure, results less their priors; and the
    ledger of the rows that they leave out."""

    tables: Tables
    as_of: date
    indicator_map: IndicatorMap
    adjusted: AdjustedResults
    ledger: EvidenceLedger


@dataclass(frozen=True)
class ReportedSource:
    """A source as people know it: its name in the `sources` column of `needs`, its words in the report and on pages."""

    name: str
    label: BilingualText
    page_label: BilingualText


class EvidenceSource(ABC):
    """One source. `name` is that of the components; `table` holds its rows, `dated_table` (by default the same) their dates.

    order: place among the sources of the model, which sums follow; label: words in tables of the model;
    page_label: words on pages, `label` by default; group: the name and words under which several sources are reported
    as one; indicator_source: `source` of its rows in the indicators table, `name` by default; indirect: True if a need
    that only such sources speak of is never clear.
    """

    name: ClassVar[str]
    table: ClassVar[str]
    dated_table: ClassVar[str | None] = None
    order: ClassVar[int] = 100
    label: ClassVar[BilingualText]
    page_label: ClassVar[BilingualText | None] = None
    group: ClassVar[ReportedSource | None] = None
    indicator_source: ClassVar[str | None] = None
    indirect: ClassVar[bool] = False

    @property
    def reported(self) -> ReportedSource:
        """The source as people know it."""
        return self.group or ReportedSource(self.name, self.label, self.page_label or self.label)

    @property
    def indicators(self) -> str:
        """The `source` of its rows in the indicators table."""
        return self.indicator_source or self.name

    def select(self, rows: pd.DataFrame) -> pd.Series:
        """Mask of the rows of `table` that are this source's; all by default."""
        return pd.Series(True, index=rows.index)

    def rows(self, tables: Tables) -> pd.DataFrame:
        """Its rows of `table`."""
        rows = tables[self.table]
        return rows[self.select(rows)]

    def remove(self, tables: Tables) -> Tables:
        """The tables without this source."""
        rows = tables[self.table]
        others = rows[~self.select(rows)].reset_index(drop=True)
        return Tables({**tables.frames, self.table: others}, tables.made_up)

    def instruments(self, tables: Tables) -> pd.DataFrame:
        """Columns indicator, subject, stage, assessment_id, series, date, low, high: when each indicator was used, in
        which context, on which scale. By default those of rows on teachers with item and scale."""
        rows = of_teachers(tables, self.rows(tables))
        return rows.assign(
            indicator=rows["item"],
            assessment_id=None,
            series="",
            scale=_range(rows["scale_min"], rows["scale_max"]),
        )


class TeacherSource(EvidenceSource):
    """A source that measures teachers.

    validity: share of the stable variance within schools that is ability, the prior of the squared loading;
    informs_decay: whether its values years apart say how fast ability decays; related: names of sources whose errors are
    not independent of its own; prior_mean_weight: how far differences between career steps in it are ability, 0 to 1.
    """

    validity: ClassVar[float]
    informs_decay: ClassVar[bool] = False
    related: ClassVar[frozenset[str]] = frozenset()
    prior_mean_weight: ClassVar[float] = 1.0

    @abstractmethod
    def read(self, inputs: ReaderInputs) -> StandardizedSource:
        """All its values, standardised, under `name`."""


class UnitSource(EvidenceSource):
    """A source that measures whole schools and districts."""

    @abstractmethod
    def read_units(self, inputs: ReaderInputs, kind: Literal["school", "district"]) -> UnitValues:
        """Its values of units of this kind."""

    @abstractmethod
    def parameters(self) -> SourceParameters:
        """Loading and the unit's own variance; both are priors, units are too few to estimate them."""


def _range(low: pd.Series, high: pd.Series) -> pd.Series:
    """Text of a scale, of no rows too."""
    return low.map("{:g}".format).astype(str) + "–" + high.map("{:g}".format).astype(str)
