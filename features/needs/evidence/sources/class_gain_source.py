"""Results of classes less what their pupils' earlier scores predict."""

from __future__ import annotations

from features.messages import BilingualText
from features.needs.evidence.sources.class_result_source import ClassResultSource
from features.needs.evidence.sources.source_registry import register


@register
class ClassGainSource(ClassResultSource):
    name = "class_gain"
    order = 4
    gain = True
    label = BilingualText("班级增量", "class gains")
    validity = 0.60
    informs_decay = True
