"""What is offered and taken: courses, their goals, enrolments, rules of hours."""

from features.schema.column import LADDER, ROLES, STAGES, Column, Table, may, need, positive, share, subject

COURSES = Table(
    "courses", "课程", ("course_id",),
    (
        need("course_id", "课程代码", "id", "课程编号"),
        need("title", "课程名称"),
        need("provider_id", "主办单位代码", "id", references="organizations"),
        need("owner_level", "级别", choices=("national", "province", "city", "district", "school")),
        subject("subjects", "适用学科", "list"),
        Column("stages", "适用学段", "list", choices=STAGES),
        may("ladder_min", "最低梯级", choices=LADDER),
        may("ladder_max", "最高梯级", choices=LADDER),
        need("mode", "方式", choices=("online", "offline", "blended")),
        need("form", "形式", choices=("lecture", "workshop", "practice", "coaching", "studio")),
        positive("hours", "学时", required=True),
        need("category", "类别", choices=("public", "professional", "elective")),
        Column("fixed_cost", "固定费用", "number", required=True, low=0.0),
        Column("seat_cost", "人均费用", "number", required=True, low=0.0),
        Column("min_seats", "最少人数", "integer", required=True, low=0.0),
        Column("max_seats", "最多人数", "integer", required=True, low=1.0),
        Column("release_days", "脱产天数", "number", required=True, low=0.0),
        may("start_date", "开始日期", "date"),
        may("end_date", "结束日期", "date"),
        may("prerequisites", "先修课程", "list", references="courses"),
        Column("units", "单元数", "integer", low=1.0),
        Column("mechanisms", "机制", "list", choices=("insight", "goals", "technique", "practice")),
        may("evidence_grade", "证据等级", choices=("A", "B", "C", "D")),
        may("description", "简介"),
    ),
)  # fmt: skip

COURSE_GOALS = Table(
    "course_goals", "课程目标", ("course_id", "competency_id"),
    (
        need("course_id", "课程代码", "id", "课程编号", references="courses"),
        need("competency_id", "能力代码", "id", references="competencies"),
        positive("weight", "权重", required=True),
        Column("level", "水平", "integer", low=1.0, high=4.0),
    ),
)  # fmt: skip

ENROLMENTS = Table(
    "enrolments", "选课记录", ("teacher_id", "course_id", "requested_on"),
    (
        need("teacher_id", "工号", "id", "教师编号", "教师工号", references="teachers"),
        need("course_id", "课程代码", "id", "课程编号", references="courses"),
        need("requested_on", "申请日期", "date"),
        may("completed_on", "完成日期", "date"),
        need("status", "状态", choices=("requested", "enrolled", "completed", "withdrawn", "failed", "refused")),
        Column("hours", "学时", "number", low=0.0),
        may("score", "成绩", "number"),
        may("pre_score", "训前成绩", "number"),
        Column("rating", "评分", "number", low=1.0, high=5.0),
        may("assignment", "报名方式", choices=("self", "nominated", "mandated", "lottery")),
        share("propensity", "入选概率", above=True),
    ),
)  # fmt: skip

HOUR_RULES = Table(
    "hour_rules", "学时规定", (),
    (
        need("jurisdiction", "适用机构代码", "id", references="organizations"),
        may("role", "身份", choices=ROLES),
        need("category", "类别", choices=("public", "professional", "elective", "any")),
        need("cycle_start", "周期开始日期", "date"),
        positive("cycle_years", "周期年数", required=True),
        Column("min_hours", "最低学时", "number", required=True, low=0.0),
        Column("max_hours", "最高学时", "number", low=0.0),
        may("source", "依据文件"),
    ),
    selectors=("jurisdiction", "role", "category", "cycle_start"),
)  # fmt: skip
