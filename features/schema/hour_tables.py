"""Hours of continuing education: entries of the ledger, and what a credit is worth."""

from features.schema.column import Column, Table, may, need, positive

CATEGORIES = ("public", "professional", "elective")
LEVELS = ("national", "province", "city", "district", "school")
ENTRY_STATES = ("claimed", "checked", "recognised", "refused", "withdrawn")

HOUR_ENTRIES = Table(
    "hour_entries", "学时登记", ("entry_id",),
    (
        need("entry_id", "登记编号", "id", "学时编号"),
        need("teacher_id", "工号", "id", "教师编号", "教师工号", references="teachers"),
        need("activity", "活动名称", "text", "培训名称"),
        may("platform", "平台", "text", "来源平台"),
        Column("course_id", "课程代码", "id", references="courses", lenient=True, synonyms=("课程编号",)),
        need("category", "类别", choices=CATEGORIES),
        Column("hours", "学时", "number", required=True, low=0.0),
        Column("credits", "学分", "number", low=0.0),
        need("done_on", "完成日期", "date"),
        need("level", "级别", choices=LEVELS),
        need("status", "状态", "text", "审核状态", choices=ENTRY_STATES),
        may("decided_by", "认定人"),
        may("decided_on", "认定日期", "date"),
        may("reason", "理由"),
        may("evidence_url", "证明材料网址"),
    ),
)  # fmt: skip

CREDIT_RULES = Table(
    "credit_rules", "学分折算规定", (),
    (
        need("jurisdiction", "适用机构代码", "id", references="organizations"),
        may("category", "类别", choices=CATEGORIES),
        may("level", "级别", choices=LEVELS),
        positive("hours_per_credit", "每学分学时", required=True),
        need("valid_from", "施行日期", "date"),
        positive("valid_years", "有效年数"),
        Column("max_hours_per_year", "每年最高学时", "number", low=0.0),
        may("source", "依据文件"),
    ),
    selectors=("jurisdiction", "category", "level", "valid_from"),
)  # fmt: skip
