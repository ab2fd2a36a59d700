"""Why a course is listed: five fixed lines, Chinese and English, with values from the tables and the needs alone."""

from recommender.lists.reasons.reason_lines import ReasonWriter

__all__ = ["ReasonWriter"]
