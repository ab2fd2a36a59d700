"""Sources: files of any accepted kind become tables, with every issue as a row."""

from features.sources.issue import Issue
from features.sources.read_tables import ReadResult, read_tables

__all__ = ["Issue", "ReadResult", "read_tables"]
