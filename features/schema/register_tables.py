"""Who teaches where: organizations, teachers, competencies, classes."""

from features.schema.column import LADDER, ROLES, STAGES, Column, Table, may, need, share, subject

ORGANIZATIONS = Table(
    "organizations", "机构", ("org_id",),
    (
        need("org_id", "机构代码", "id", "学校代码", "单位代码"),
        need("name", "机构名称", "text", "学校名称", "单位名称"),
        need("kind", "机构类别", choices=("province", "city", "district", "school", "studio", "platform")),
        may("parent_id", "上级机构代码", "id", references="organizations"),
        may("stage", "学段", choices=STAGES),
        may("location", "城乡类型", choices=("urban", "town", "rural")),
        share("disadvantage", "薄弱程度"),
    ),
)  # fmt: skip

TEACHERS = Table(
    "teachers", "教师", ("teacher_id",),
    (
        need("teacher_id", "工号", "id", "教师编号", "教师工号"),
        need("school_id", "学校代码", "id", "学校", references="organizations"),
        need("role", "身份", "text", "角色", choices=ROLES),
        need("stage", "学段", choices=STAGES),
        subject("subject", "任教学科", "list", "学科", required=True),
        may("start_date", "入职日期", "date", "参加工作日期"),
        may("title", "职称"),
        may("ladder_step", "梯级", choices=LADDER),
        Column("weekly_lessons", "周课时", "number", low=0.0),
        may("name", "姓名"),
    ),
)  # fmt: skip

COMPETENCIES = Table(
    "competencies", "能力项", ("competency_id",),
    (
        need("competency_id", "能力代码", "id"),
        need("name_zh", "中文名称", "text", "能力名称"),
        need("name_en", "英文名称"),
        may("parent_id", "上级能力代码", "id", references="competencies"),
        need("framework", "框架"),
        need("version", "版本"),
    ),
)  # fmt: skip

CLASSES = Table(
    "classes", "任课", ("class_id", "subject", "term", "teacher_id"),
    (
        need("class_id", "班级代码", "id", "班级"),
        subject("subject", "学科", required=True),
        need("term", "学期"),
        need("teacher_id", "工号", "id", "教师编号", "教师工号", references="teachers"),
        need("school_id", "学校代码", "id", "学校", references="organizations"),
        need("grade", "年级"),
        share("share", "任课比例"),
        Column("students", "学生人数", "integer", low=0.0),
    ),
)  # fmt: skip
