"""The tables a user may bring: every column, its kind, its Chinese name and synonyms, once.

This is the single source for headers, templates, checks and the column list in the docs. A kind is one of
id, text, date, number, integer, list. `limits` are inclusive unless `above` is set (then the lower is open).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["id", "text", "date", "number", "integer", "list"]

STAGES: Final = ("kindergarten", "primary", "junior", "senior")
ROLES: Final = ("teacher", "principal")
LADDER: Final = ("T1", "T2", "T3", "T4", "T5", "T6", "P1", "P2", "P3", "P4", "P5")


@dataclass(frozen=True)
class Column:
    """One column: `required` means the column must be there and no cell of it empty."""

    name: str
    zh: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: `key` columns are unique together, an empty key means no uniqueness is asked."""

    name: str
    zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column_for(self, header: str) -> Column | None:
        """The column that a header means: its name, Chinese name or a synonym, case and spaces aside."""
        wanted = _fold(header)
        return next((c for c in self.columns if wanted in map(_fold, (c.name, c.zh, *c.synonyms))), None)


def _fold(header: str) -> str:
    return "".join(header.split()).replace("_", "").casefold()


def _need(name: str, zh: str, kind: Kind = "text", *synonyms: str, choices: tuple[str, ...] = ()) -> Column:
    return Column(name, zh, kind, required=True, choices=choices, synonyms=synonyms)


def _may(name: str, zh: str, kind: Kind = "text", *synonyms: str, choices: tuple[str, ...] = ()) -> Column:
    return Column(name, zh, kind, choices=choices, synonyms=synonyms)


def _share(name: str, zh: str, *, above: bool = False) -> Column:
    return Column(name, zh, "number", low=0.0, high=1.0, above=above)


def _positive(name: str, zh: str, *, required: bool = False) -> Column:
    return Column(name, zh, "number", required=required, low=0.0, above=True)


_ORGANIZATIONS = Table(
    "organizations", "机构", ("org_id",),
    (
        _need("org_id", "机构代码", "id", "学校代码", "单位代码"),
        _need("name", "机构名称", "text", "学校名称", "单位名称"),
        _need("kind", "机构类别", choices=("province", "city", "district", "school", "studio", "platform")),
        _may("parent_id", "上级机构代码", "id"),
        _may("stage", "学段", choices=STAGES),
        _may("location", "城乡类型", choices=("urban", "town", "rural")),
        _share("disadvantage", "薄弱程度"),
    ),
)  # fmt: skip

_TEACHERS = Table(
    "teachers", "教师", ("teacher_id",),
    (
        _need("teacher_id", "工号", "id", "教师编号", "教师工号"),
        _need("school_id", "学校代码", "id", "学校"),
        _need("role", "身份", "text", "角色", choices=ROLES),
        _need("stage", "学段", choices=STAGES),
        _need("subject", "任教学科", "list", "学科"),
        _may("start_date", "入职日期", "date", "参加工作日期"),
        _may("title", "职称"),
        _may("ladder_step", "梯级", choices=LADDER),
        Column("weekly_lessons", "周课时", "number", low=0.0),
        _may("name", "姓名"),
    ),
)  # fmt: skip

_COMPETENCIES = Table(
    "competencies", "能力项", ("competency_id",),
    (
        _need("competency_id", "能力代码", "id"),
        _need("name_zh", "中文名称", "text", "能力名称"),
        _need("name_en", "英文名称"),
        _may("parent_id", "上级能力代码", "id"),
        _need("framework", "框架"),
        _need("version", "版本"),
    ),
)  # fmt: skip

_COURSES = Table(
    "courses", "课程", ("course_id",),
    (
        _need("course_id", "课程代码", "id", "课程编号"),
        _need("title", "课程名称"),
        _need("provider_id", "主办单位代码", "id"),
        _need("owner_level", "级别", choices=("national", "province", "city", "district", "school")),
        _may("subjects", "适用学科", "list"),
        Column("stages", "适用学段", "list", choices=STAGES),
        _may("ladder_min", "最低梯级", choices=LADDER),
        _may("ladder_max", "最高梯级", choices=LADDER),
        _need("mode", "方式", choices=("online", "offline", "blended")),
        _need("form", "形式", choices=("lecture", "workshop", "practice", "coaching", "studio")),
        _positive("hours", "学时", required=True),
        _need("category", "类别", choices=("public", "professional", "elective")),
        Column("fixed_cost", "固定费用", "number", required=True, low=0.0),
        Column("seat_cost", "人均费用", "number", required=True, low=0.0),
        Column("min_seats", "最少人数", "integer", required=True, low=0.0),
        Column("max_seats", "最多人数", "integer", required=True, low=1.0),
        Column("release_days", "脱产天数", "number", required=True, low=0.0),
        _may("start_date", "开始日期", "date"),
        _may("end_date", "结束日期", "date"),
        _may("prerequisites", "先修课程", "list"),
        Column("units", "单元数", "integer", low=1.0),
        Column("mechanisms", "机制", "list", choices=("insight", "goals", "technique", "practice")),
        _may("evidence_grade", "证据等级", choices=("A", "B", "C", "D")),
        _may("description", "简介"),
    ),
)  # fmt: skip

_COURSE_GOALS = Table(
    "course_goals", "课程目标", ("course_id", "competency_id"),
    (
        _need("course_id", "课程代码", "id", "课程编号"),
        _need("competency_id", "能力代码", "id"),
        _positive("weight", "权重", required=True),
        Column("level", "水平", "integer", low=1.0, high=4.0),
    ),
)  # fmt: skip

_ENROLMENTS = Table(
    "enrolments", "选课记录", ("teacher_id", "course_id", "requested_on"),
    (
        _need("teacher_id", "工号", "id", "教师编号", "教师工号"),
        _need("course_id", "课程代码", "id", "课程编号"),
        _need("requested_on", "申请日期", "date"),
        _may("completed_on", "完成日期", "date"),
        _need("status", "状态", choices=("requested", "enrolled", "completed", "withdrawn", "refused")),
        Column("hours", "学时", "number", low=0.0),
        _may("score", "成绩", "number"),
        _may("pre_score", "训前成绩", "number"),
        Column("rating", "评分", "number", low=1.0, high=5.0),
        _may("assignment", "报名方式", choices=("self", "nominated", "mandated", "lottery")),
        _share("propensity", "入选概率", above=True),
    ),
)  # fmt: skip

TABLES: Final = {
    t.name: t for t in (_ORGANIZATIONS, _TEACHERS, _COMPETENCIES, _COURSES, _COURSE_GOALS, _ENROLMENTS)
}
