"""Sources: files of any accepted kind become tables, with every problem as a row."""

from features.sources.problem import Problem
from features.sources.reading import Reading, read_tables

__all__ = ["Problem", "Reading", "read_tables"]
