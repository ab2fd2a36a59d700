"""How far a teacher's posterior would move after one more occasion of a source, before it takes place.

Preposterior analysis (Raiffa and Schlaifer 1961) of the hierarchical model: the values of a further occasion are normal
given all evidence so far, so the posterior mean of her abilities will differ from today's by a normal vector

    shift ~ N(0, A),     A = Cov(theta, y) Var(y)^-1 Cov(y, theta)

and their posterior covariance will be today's less A, whatever is observed. Exact within the model: the method effect that
earlier values of the source share with new ones, her department and school, and the school's own part of the source are all
in the joint covariance, so that a third lesson teaches less than a first. What a visit to one teacher says of her colleagues
is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.needs.diagnose import posterior_inputs
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.measurement_blocks import MeasurementBlock
from features.needs.evidence.occasion_forms import OccasionForm, forms_of
from features.needs.evidence.sources.class_result_source import ClassResultSource
from features.needs.evidence.sources.source_registry import teacher_sources
from features.needs.model.hierarchical_elimination import HierarchicalElimination, ReducedBlock

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class _NewRows:
    """Values of further occasions of b teachers: row (b, J) of all indicators, present (b, J), n (b, J) occasions that each is
    the mean of, fade (b, J) of the ability since, sampling (b, J, J)."""

    row: Index
    present: NDArray[np.bool_]
    n: Array
    fade: Array
    sampling: Array


class FurtherEvidence:
    """Shifts of the posteriors of N teachers in K competencies by further occasions of the sources that the model knows."""

    def __init__(self, context: DiagnosisContext) -> None:
        inputs = posterior_inputs(context)
        self._solved = solved = HierarchicalElimination(
            inputs.measurements, inputs.prior, context.hierarchy.index, inputs.schools, inputs.districts
        )
        by_subject = frozenset(s.name for s in teacher_sources() if isinstance(s, ClassResultSource))
        self.forms: dict[str, OccasionForm] = forms_of(
            context.evidence.cells, context.tables["teachers"], context.targets.applies, by_subject
        )
        names = solved.measurements.names
        self._first = {name: int(np.searchsorted(solved.measurements.source, names.index(name))) for name in self.forms}
        w = solved.w
        self._department_cov = np.zeros((solved.index.departments, w, w))
        for teachers in solved.parts:
            departments = solved.departments(teachers)
            self._department_cov[departments.number] = solved.department_posterior(departments)[1]

    def offered(self, name: str) -> NDArray[np.bool_]:
        """(N,) to whom a form of this source applies; nobody where nothing of it was ever recorded."""
        form = self.forms.get(name)
        nobody = np.zeros(len(self._solved.index.school), dtype=bool)
        return nobody if form is None else np.asarray(form.lines.any(axis=1))

    def shifts(self, teachers: Index, occasions: Mapping[str, int]) -> Iterator[tuple[Index, Array]]:
        """Teachers (b,) in blocks, with a root (b, K, J) of the covariance A of their shift: root root' = A.

        occasions: how many more of each source, at as-of; class results are as old as those known. A teacher without a form of
        one of the sources gets nothing from it.
        """
        for block in self._solved.measurements.blocks(teachers):
            yield block.teachers, self._root(self._solved.reduce(block), self._new_rows(block.teachers, occasions))

    def _new_rows(self, teachers: Index, occasions: Mapping[str, int]) -> _NewRows:
        phi = self._solved.measurements.components.phi
        parts = [(self.forms[name], count) for name, count in occasions.items() if name in self.forms and count > 0]
        width = sum(form.lines.shape[1] for form, _ in parts)
        row, n, fade, sampling, start = np.zeros(width, np.intp), np.ones(width), np.ones(width), np.zeros((width, width)), 0
        for form, count in parts:
            at = slice(start, start + form.lines.shape[1])
            row[at] = self._first[form.name] + np.arange(form.lines.shape[1])
            n[at], fade[at] = count, phi**form.age if form.name in self._dated else 1.0
            sampling[at, at] = form.sampling_cov / count
            start = at.stop
        lines = np.concatenate(
            [form.lines[teachers] for form, _ in parts] or [np.zeros((len(teachers), 0), bool)], axis=1
        )
        used = int(lines.sum(axis=1).max(initial=0))
        order = np.argsort(~lines, axis=1, kind="stable")[:, :used]
        return _NewRows(
            row[order], np.take_along_axis(lines, order, axis=1), n[order], fade[order],
            sampling[order[:, :, None], order[:, None, :]],
        )  # fmt: skip

    @property
    def _dated(self) -> frozenset[str]:
        """Sources whose further values are of earlier tests, not of today."""
        return frozenset(s.name for s in teacher_sources() if isinstance(s, ClassResultSource))

    def _root(self, reduced: ReducedBlock, new: _NewRows) -> Array:
        """(b, K, J) with root root' = Cov(theta, y) Var(y)^-1 Cov(y, theta), missing rows 0."""
        solved, block, measurements = self._solved, reduced.block, self._solved.measurements
        prior, people = solved.prior.teacher, block.teachers
        source = measurements.source[new.row]
        parameters = [measurements.components.sources[name] for name in measurements.names]
        load = np.where(new.present, np.array([p.loading for p in parameters])[source], 0.0)
        ability = (load * new.fade)[:, :, None] * measurements.q[new.row]
        own_part = new.present[:, :, None] * (source[:, :, None] == np.arange(len(measurements.names)))
        design = np.concatenate([ability, own_part.astype(np.float64)], axis=2)
        error = measurements.error_covariance(new.row, source, load, load, new.n, new.fade) + new.sampling
        pair = new.present[:, :, None] & new.present[:, None, :]
        error = np.where(pair, error, np.eye(new.row.shape[1]))
        with_old = ability @ prior @ block.design.transpose(0, 2, 1) + self._shared_error(block, new, source, load)
        gain = with_old @ reduced.precision
        on_department = design - gain @ reduced.design
        cov = self._department_cov[solved.index.department[people]]
        variance = ability @ prior @ ability.transpose(0, 2, 1) + error - gain @ with_old.transpose(0, 2, 1)
        variance += on_department @ cov @ on_department.transpose(0, 2, 1)
        conditionals = solved.given_department(reduced)
        of_ability = prior @ ability.transpose(0, 2, 1) - (prior @ block.design.transpose(0, 2, 1)) @ gain.transpose(0, 2, 1)
        of_ability += conditionals.slope @ cov @ on_department.transpose(0, 2, 1)
        factor = np.linalg.cholesky(variance)
        return np.asarray(np.linalg.solve(factor, of_ability.transpose(0, 2, 1)).transpose(0, 2, 1))

    def _shared_error(self, block: MeasurementBlock, new: _NewRows, source: Index, load: Array) -> Array:
        """(b, J, R) covariance of errors of new and old values: the lasting method effect of a source, and drift of the ability
        since both where neither is of today."""
        measurements = self._solved.measurements
        number, width = measurements.number[block.teachers], block.value.shape[1]
        present = np.arange(width) < number[:, None]
        at = np.where(present, measurements.first[block.teachers][:, None] + np.arange(width), 0)
        if not width:
            return np.zeros((len(block.teachers), new.row.shape[1], 0))
        row = measurements.row[at]
        parameters = [measurements.components.sources[name] for name in measurements.names]
        method, common, loading = (
            np.array([getattr(p, name) for p in parameters]) for name in ("method_variance", "method_covariance", "loading")
        )
        old = measurements.source[row]
        same_source, same_row = source[:, :, None] == old[:, None, :], new.row[:, :, None] == row[:, None, :]
        error = np.where(same_source, np.where(same_row, method[old][:, None, :], common[old][:, None, :]), 0.0)
        fade = np.where(present, measurements.components.phi ** measurements.age[at], 1.0)
        old_load = loading[old] * measurements.share[at]
        ratio = new.fade[:, :, None] / fade[:, None, :]
        drift = np.minimum(ratio, 1.0 / ratio) - new.fade[:, :, None] * fade[:, None, :]
        together = measurements.together[new.row[:, :, None], row[:, None, :]]
        error += together * drift * load[:, :, None] * old_load[:, None, :]
        return np.where(new.present[:, :, None] & present[:, None, :], error, 0.0)
