"""Checks of a diagnosis that need no truth: how unsure, how well calibrated, how neutral, how far it reaches.

Pure functions of tables, date and diagnosis; deterministic, whatever the order of rows.
"""

from features.needs.checks.run_checks import Checks, check

__all__ = ["Checks", "check"]
