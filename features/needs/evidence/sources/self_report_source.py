"""Teachers' ratings of themselves."""

from __future__ import annotations

from features.messages import BilingualText
from features.needs.evidence.sources.source_registry import register
from features.needs.evidence.sources.survey_source import SurveySource


@register
class SelfReportSource(SurveySource):
    name = "self_report"
    order = 3
    label = BilingualText("教师自评", "self-report")
    page_label = BilingualText("自评", "self-report")
    validity = 0.15
    prior_mean_weight = 0.25
    indirect = True
