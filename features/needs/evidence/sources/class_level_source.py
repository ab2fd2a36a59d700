"""Results of classes in tests without earlier scores: much of them is intake."""

from __future__ import annotations

from features.messages import BilingualText
from features.needs.evidence.sources.class_result_source import ClassResultSource
from features.needs.evidence.sources.source_registry import register


@register
class ClassLevelSource(ClassResultSource):
    name = "class_level"
    order = 5
    gain = False
    label = BilingualText("班级水平", "class levels")
    validity = 0.30
    related = frozenset({"class_gain"})  # the same pupils
    prior_mean_weight = 0.25
