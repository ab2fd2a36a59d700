"""Pupils' feedback on their teacher."""

from __future__ import annotations

from features.messages import BilingualText
from features.needs.evidence.sources.source_registry import register
from features.needs.evidence.sources.survey_source import SurveySource


@register
class StudentFeedbackSource(SurveySource):
    name = "student_feedback"
    order = 2
    label = BilingualText("学生反馈", "pupils' feedback")
    validity = 0.45
    informs_decay = True
