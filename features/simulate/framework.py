"""What the simulated city asks of its teachers and principals: competencies, scopes and targets."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from features.simulate.random_streams import Bools, Floats, Ints

STAGES: Final = ("kindergarten", "primary", "junior", "senior")
STAGE_ZH: Final = ("幼儿园", "小学", "初中", "高中")
LADDER: Final = ("", "T1", "T2", "T3", "T4", "T5", "T6", "P1", "P2", "P3", "P4", "P5")
SUBJECTS: Final = (
    "语文", "数学", "英语", "科学", "道德与法治", "物理", "化学", "生物", "历史", "地理",
    "体育与健康", "音乐", "美术", "信息科技", "劳动", "学前",
)  # fmt: skip
KINDERGARTEN: Final = 15
FAMILIES: Final = ("chinese", "maths", "english", "science", "humanities", "skills", "early")
FAMILY_ZH: Final = ("语文", "数学", "英语", "科学类", "人文类", "艺体技", "学前")
FAMILY_OF: Final = np.array([0, 1, 2, 3, 4, 3, 3, 3, 4, 4, 5, 5, 5, 5, 5, 6])
# share of the teachers of a stage by subject
MIX: Final = np.array([
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100],
    [28, 22, 12, 6, 6, 0, 0, 0, 0, 0, 9, 5, 5, 4, 3, 0],
    [16, 16, 16, 0, 7, 9, 6, 5, 6, 5, 6, 2, 2, 3, 1, 0],
    [15, 15, 15, 0, 6, 9, 8, 7, 6, 6, 5, 2, 2, 3, 1, 0],
]) / 100.0  # fmt: skip


class Leaf(NamedTuple):
    """`who`: all, schooled (not kindergarten), both (principals too), principal, or a subject family."""

    id: str
    zh: str
    en: str
    parent: str
    who: str
    base: float
    weight: float


LEAVES: Final = (
    Leaf("TL-ANALYSE", "学情分析", "Analysing learners", "TL", "all", 0.05, 1.0),
    Leaf("TL-DESIGN", "教学设计", "Lesson design", "TL", "all", 0.0, 1.0),
    Leaf("TL-GUIDE", "学法指导", "Guiding how to learn", "TL", "all", 0.10, 1.0),
    Leaf("TL-ASSESS", "学业评价", "Assessing learning", "TL", "schooled", 0.15, 1.5),
    Leaf("TL-MANAGE", "课堂管理", "Classroom management", "TL", "all", -0.05, 0.8),
    Leaf("DL-SKILL", "数字技术知识与技能", "Digital knowledge and skill", "DL", "all", 0.0, 0.8),
    Leaf("DL-USE", "数字化应用", "Digital application", "DL", "both", 0.15, 1.5),
    Leaf("DL-GROW", "数字化学习与研修", "Digital professional learning", "DL", "both", 0.0, 0.6),
    Leaf("SP-CHI-READ", "阅读教学", "Teaching reading", "SP", "chinese", 0.10, 1.2),
    Leaf("SP-CHI-WRITE", "表达与写作教学", "Teaching writing", "SP", "chinese", 0.05, 1.0),
    Leaf("SP-MAT-REASON", "运算与推理教学", "Teaching reasoning", "SP", "maths", 0.0, 1.2),
    Leaf("SP-MAT-SOLVE", "问题解决教学", "Teaching problem solving", "SP", "maths", 0.15, 1.0),
    Leaf("SP-ENG-ORAL", "英语听说教学", "Teaching listening and speaking", "SP", "english", 0.10, 1.0),
    Leaf("SP-ENG-TEXT", "英语读写教学", "Teaching reading and writing in English", "SP", "english", 0.0, 1.0),
    Leaf("SP-SCI-INQUIRE", "科学探究教学", "Teaching inquiry", "SP", "science", 0.15, 1.3),
    Leaf("SP-SCI-LAB", "实验教学", "Teaching with experiments", "SP", "science", 0.05, 1.0),
    Leaf("SP-HUM-VALUE", "价值引领教学", "Teaching values", "SP", "humanities", 0.0, 1.0),
    Leaf("SP-HUM-SOURCE", "情境与材料教学", "Teaching with sources", "SP", "humanities", 0.10, 1.0),
    Leaf("SP-SKL-DEMO", "示范与练习指导", "Demonstration and practice", "SP", "skills", 0.0, 1.0),
    Leaf("SP-SKL-ENGAGE", "兴趣与参与激发", "Interest and participation", "SP", "skills", 0.05, 0.8),
    Leaf("SP-EAR-PLAY", "游戏与活动支持", "Supporting play", "SP", "early", 0.05, 1.2),
    Leaf(
        "SP-EAR-FAMILY",
        "幼儿观察与家园共育",
        "Observing children, working with families",
        "SP",
        "early",
        0.0,
        1.0,
    ),
    Leaf("LD-PLAN", "规划学校发展", "Planning school development", "LD", "principal", 0.0, 1.0),
    Leaf("LD-CULTURE", "营造育人文化", "Building a culture", "LD", "principal", 0.0, 0.8),
    Leaf("LD-TEACH", "领导课程教学", "Leading curriculum and teaching", "LD", "principal", 0.10, 1.4),
    Leaf("LD-GROW", "引领教师成长", "Leading teachers' growth", "LD", "principal", 0.10, 1.2),
    Leaf("LD-MANAGE", "优化内部管理", "Improving management", "LD", "principal", 0.0, 1.0),
    Leaf("LD-OUTSIDE", "调适外部环境", "Working with the outside", "LD", "principal", 0.0, 0.6),
)
PARENTS: Final = (
    ("TL", "教学能力", "Teaching and learning"), ("DL", "数字素养", "Digital literacy"),
    ("SP", "学科教学", "Subject pedagogy"), ("LD", "学校领导", "School leadership"),
)  # fmt: skip
INDEX: Final = {leaf.id: k for k, leaf in enumerate(LEAVES)}
WEIGHTS: Final = np.array([leaf.weight for leaf in LEAVES])
BASES: Final = np.array([leaf.base for leaf in LEAVES])
# how far each step stands above the base, in teacher-SD units; the first is for an empty step
STEPS: Final = np.array([0.15, -0.10, 0.10, 0.40, 0.70, 0.95, 1.15, 0.0, 0.10, 0.35, 0.60, 0.90])


def family_leaves(family: int) -> tuple[int, int]:
    """The two leaves of a subject family."""
    first, second = (k for k, leaf in enumerate(LEAVES) if leaf.who == FAMILIES[family])
    return first, second


def applies(principal: Bools, stage: Ints, subject: Ints, second: Ints) -> Bools:
    """(N, K): to whom a leaf applies. `second` is a second subject or -1."""
    family = FAMILY_OF[subject]
    other = np.where(second >= 0, FAMILY_OF[second], -1)
    columns = []
    for leaf in LEAVES:
        if leaf.who == "principal":
            columns.append(principal)
        elif leaf.who == "both":
            columns.append(np.ones(len(stage), dtype=bool))
        elif leaf.who == "all":
            columns.append(~principal)
        elif leaf.who == "schooled":
            columns.append(~principal & (stage > 0))
        else:
            own_family = FAMILIES.index(leaf.who)
            columns.append(~principal & ((family == own_family) | (other == own_family)))
    return np.column_stack(columns)


def target_values(ladder: Ints) -> Floats:
    """(N, K) targets in teacher-SD units; only cells where the leaf applies mean anything."""
    return np.asarray(np.round(BASES[None, :] + STEPS[ladder][:, None], 2), dtype=np.float64)


def competencies_table() -> dict[str, list[str | None]]:
    parents: list[tuple[str, str, str, str | None]] = [(i, zh, en, None) for i, zh, en in PARENTS]
    leaves: list[tuple[str, str, str, str | None]] = [(f.id, f.zh, f.en, f.parent) for f in LEAVES]
    rows = parents + leaves
    return {
        "competency_id": [r[0] for r in rows], "name_zh": [r[1] for r in rows],
        "name_en": [r[2] for r in rows], "parent_id": [r[3] for r in rows],
        "framework": ["模拟能力框架"] * len(rows), "version": ["2026"] * len(rows),
    }  # fmt: skip


def targets_table() -> dict[str, list[object]]:
    rows: list[tuple[str, str | None, str | None, str | None, str | None, float, float]] = []
    for leaf in LEAVES:
        for role, stage, subject in _selectors(leaf.who):
            track = "P" if role == "principal" else "T"
            for step, name in enumerate(LADDER):
                if name == "" or name[0] == track:
                    value = round(float(BASES[INDEX[leaf.id]] + STEPS[step]), 2)
                    rows.append((leaf.id, role, stage, subject, name or None, value, leaf.weight))
    names = ("competency_id", "role", "stage", "subject", "ladder_step", "target", "weight")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _selectors(who: str) -> list[tuple[str, str | None, str | None]]:
    if who == "principal":
        return [("principal", None, None)]
    if who == "both":
        return [("teacher", None, None), ("principal", None, None)]
    if who == "all":
        return [("teacher", None, None)]
    if who == "schooled":
        return [("teacher", stage, None) for stage in STAGES[1:]]
    if who == "early":
        return [("teacher", "kindergarten", None)]
    family = FAMILIES.index(who)
    return [("teacher", None, name) for s, name in enumerate(SUBJECTS) if FAMILY_OF[s] == family]
