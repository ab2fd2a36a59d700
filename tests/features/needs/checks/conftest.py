"""One simulated district with its diagnosis and checks, made once; tests plant faults in copies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from features.needs import diagnose
from features.needs.checks import CheckResults, check, diagnosis_findings
from features.needs.checks.context import SchoolSample, sample_schools, select_schools
from features.needs.diagnosis_context import DiagnosisContext, diagnosis_context
from features.needs.needs import Needs
from features.simulate import simulate
from features.sources.read_tables import read_tables
from features.tables import Tables

Checked = Callable[..., CheckResults]


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Large enough for calibration: 1,000 teachers."""
    folder = simulate(tmp_path_factory.mktemp("checks"), teachers=1000, seed=104)
    return read_tables([folder / "tables"]).tables


@pytest.fixture(scope="session")
def needs(tables: Tables) -> Needs:
    return diagnose(tables, tables.latest_evidence())


@pytest.fixture(scope="session")
def results(tables: Tables, needs: Needs) -> CheckResults:
    return check(tables, needs.as_of, needs)


@pytest.fixture(scope="session")
def context(tables: Tables, needs: Needs) -> DiagnosisContext:
    return diagnosis_context(tables, needs.as_of)


@pytest.fixture(scope="session")
def sample(context: DiagnosisContext) -> SchoolSample:
    """About a quarter of the schools."""
    return sample_schools(context, select_schools(context.hierarchy, 250))


@pytest.fixture(scope="session")
def checked() -> Checked:
    """Diagnoses and checks other tables."""

    def run(tables: Tables, as_of: date | None = None) -> CheckResults:
        day = as_of or tables.latest_evidence()
        return check(tables, day, diagnose(tables, day))

    return run


@pytest.fixture(scope="session")
def codes() -> Callable[[CheckResults], set[str]]:
    """Codes of the findings."""
    return lambda results: {finding.code for finding in diagnosis_findings(results)}
