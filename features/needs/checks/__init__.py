"""Checks of a diagnosis that need no known truth: uncertainty, calibration, bias by intake, coverage of evidence.

Pure functions of tables, date and diagnosis; deterministic, whatever the order of rows.
"""

from features.needs.checks.check_results import CheckResults
from features.needs.checks.findings import diagnosis_findings
from features.needs.checks.run_checks import check

__all__ = ["CheckResults", "check", "diagnosis_findings"]
