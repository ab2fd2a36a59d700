"""Why a course is listed: five fixed lines, Chinese and English, filled only with what the tables hold."""

from recommender.lists.reasons.reason_lines import ReasonWriter

__all__ = ["ReasonWriter"]
