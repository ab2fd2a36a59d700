"""Which dimension of a test and which item of a form or questionnaire speaks of which competency."""

from __future__ import annotations

from typing import Final

import numpy as np

from features.simulate.framework import FAMILIES, FAMILY_OF, INDEX, LEAVES, SUBJECTS, family_leaves
from features.simulate.random_streams import Floats, Ints

# by subject family: dimension, its name, and the competencies it shows with their weights
DIMENSIONS: Final[dict[int, tuple[tuple[str, str, dict[str, float]], ...]]] = {
    0: (
        ("reading", "阅读", {"SP-CHI-READ": 1.0, "TL-GUIDE": 0.4}),
        ("writing", "表达", {"SP-CHI-WRITE": 1.0, "TL-ASSESS": 0.3}),
        ("language", "积累", {"SP-CHI-READ": 0.5, "TL-MANAGE": 0.5}),
    ),
    1: (
        ("computation", "运算", {"TL-MANAGE": 0.6, "SP-MAT-REASON": 0.6}),
        ("reasoning", "推理", {"SP-MAT-REASON": 1.0, "TL-GUIDE": 0.3}),
        ("problem_solving", "问题解决", {"SP-MAT-SOLVE": 1.0, "TL-DESIGN": 0.4}),
        ("data", "数据分析", {"SP-MAT-SOLVE": 0.6, "DL-USE": 0.4}),
    ),
    2: (
        ("oral", "听说", {"SP-ENG-ORAL": 1.0, "TL-GUIDE": 0.3}),
        ("text", "读写", {"SP-ENG-TEXT": 1.0, "TL-ASSESS": 0.3}),
    ),
    3: (
        ("understanding", "理解", {"TL-DESIGN": 0.6, "SP-SCI-LAB": 0.6}),
        ("inquiry", "探究", {"SP-SCI-INQUIRE": 1.0, "TL-GUIDE": 0.3}),
        ("thinking", "科学思维", {"SP-SCI-INQUIRE": 0.6, "TL-ASSESS": 0.4}),
    ),
    4: (
        ("identity", "国家认同", {"SP-HUM-VALUE": 1.0}),
        ("law", "法治", {"SP-HUM-SOURCE": 0.8, "SP-HUM-VALUE": 0.4}),
    ),
    5: (
        ("skill", "技能", {"SP-SKL-DEMO": 1.0}),
        ("interest", "兴趣与习惯", {"SP-SKL-ENGAGE": 1.0, "TL-MANAGE": 0.3}),
    ),
}  # fmt: skip
OBSERVED: Final = ("TL-ANALYSE", "TL-DESIGN", "TL-GUIDE", "TL-ASSESS", "TL-MANAGE", "DL-USE")
OBSERVED_LEAD: Final = ("LD-PLAN", "LD-TEACH", "LD-GROW", "LD-MANAGE")
ASKED: Final = ("TL-ANALYSE", "TL-GUIDE", "TL-ASSESS", "TL-MANAGE")


def dimension_weights(family: int) -> Floats:
    """(dimensions, K): rows sum to 1."""
    rows = np.zeros((len(DIMENSIONS[family]), len(LEAVES)))
    for i, (_, _, weights) in enumerate(DIMENSIONS[family]):
        for leaf, weight in weights.items():
            rows[i, INDEX[leaf]] = weight
    return np.asarray(rows / rows.sum(1, keepdims=True))


def subject_leaf(subject: Ints, which: int) -> Ints:
    """The first or second leaf of everybody's subject family."""
    return np.asarray(np.array([family_leaves(f)[which] for f in range(len(FAMILIES))])[FAMILY_OF[subject]])


def indicators_table() -> dict[str, list[object]]:
    rows: list[tuple[object, ...]] = []
    for s, subject in enumerate(SUBJECTS):
        family = int(FAMILY_OF[s])
        for dimension, _, weights in DIMENSIONS.get(family, ()):
            rows += [("assessment", dimension, leaf, weight, subject) for leaf, weight in weights.items()]
        for which in (0, 1):
            leaf = LEAVES[family_leaves(family)[which]].id
            rows.append(("observation", f"LESSON-SUBJECT-{which + 1}", leaf, 1.0, subject))
            rows.append(("student_feedback", f"PUPILS-SUBJECT-{which + 1}", leaf, 1.0, subject))
    rows += [("observation", f"LESSON-{leaf}", leaf, 1.0, None) for leaf in (*OBSERVED, *OBSERVED_LEAD)]
    rows += [("student_feedback", f"PUPILS-{leaf}", leaf, 1.0, None) for leaf in ASKED]
    rows += [("self_report", f"SELF-{leaf.id}", leaf.id, 1.0, None) for leaf in LEAVES]
    names = ("source", "indicator", "competency_id", "weight", "subject")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
