"""The codes of the Chinese words that registers and catalogues write in cells."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    "幼儿园": "kindergarten", "小学": "primary", "初中": "junior", "高中": "senior",
    "幼儿": "kindergarten", "学前": "kindergarten", "小学部": "primary", "初级中学": "junior", "初中部": "junior",
    "高级中学": "senior", "普通高中": "senior", "高中部": "senior",
    "教师": "teacher", "校长": "principal",
    "专任教师": "teacher", "任课教师": "teacher", "科任教师": "teacher", "老师": "teacher",
    "园长": "principal", "副园长": "principal", "副校长": "principal", "书记": "principal",
    "省": "province", "市": "city", "区": "district", "校": "school", "学校": "school", "国家": "national",
    "工作室": "studio", "平台": "platform",
    "城区": "urban", "镇区": "town", "乡村": "rural",
    "城市": "urban", "县镇": "town", "城镇": "town", "乡镇": "town", "农村": "rural", "村": "rural",
    "线上": "online", "线下": "offline", "混合": "blended",
    "网络": "online", "在线": "online", "远程": "online", "面授": "offline", "集中": "offline", "集中面授": "offline",
    "线上线下混合": "blended", "线上线下结合": "blended",
    "讲座": "lecture", "工作坊": "workshop", "实践": "practice", "辅导": "coaching",
    "公需": "public", "专业": "professional", "选修": "elective", "不限": "any",
    "公需科目": "public", "公需课": "public", "专业科目": "professional", "专业课": "professional",
    "选修科目": "elective", "选修课": "elective",
    "已申请": "requested", "已报名": "enrolled", "已完成": "completed",
    "已退出": "withdrawn", "退出": "withdrawn", "未通过": "failed", "不合格": "failed", "不及格": "failed",
    "考核未通过": "failed", "未结业": "failed", "fail": "failed", "合格": "completed", "已通过": "completed",
    "结业": "completed", "已结业": "completed", "已拒绝": "refused", "未录取": "refused", "未批准": "refused",
    "审核未通过": "refused",
    "自选": "self", "推荐": "nominated", "指派": "mandated", "抽签": "lottery",
    "学生反馈": "student_feedback", "自评": "self_report", "测评": "assessment", "课堂观察": "observation",
    "班级": "class",
    "国家监测": "national_monitoring", "国家义务教育质量监测": "national_monitoring", "阳光评价": "sunshine",
    "区统测": "district_exam", "区级统测": "district_exam", "校内考试": "school_exam", "其他": "other",
    "国家样本": "national_sample", "样本区": "national_sample", "协议区": "agreement", "全体": "census",
    "普查": "census", "混合式": "blended", "入班指导": "coaching", "名师工作室": "studio",
    "理解": "insight", "目标": "goals", "方法": "technique",
}  # fmt: skip


STEPS: Final[dict[str, str]] = {
    "新入职教师": "T1", "新教师": "T1", "教坛新秀": "T2", "骨干教师": "T3", "骨干": "T3", "名教师": "T4", "名师": "T4",
    "特级教师": "T5", "教育名家": "T6",
    "后备校长": "P1", "副校长": "P2", "校长": "P3", "优秀校长": "P4", "名校长": "P5",
}  # fmt: skip
"""Names of ladder steps, apart because 校长 is a role as well."""


def code_of(word: str, choices: tuple[str, ...]) -> str | None:
    """The code among `choices` that a word means; None where it means none of them."""
    if word in choices:
        return word
    return next((code for code in (CODES.get(word), STEPS.get(word)) if code in choices), None)


def zh_name(code: str) -> str:
    """The first Chinese word of a coded value; the code itself where it has none, such as T1."""
    return next((word for word, code_of_word in CODES.items() if code_of_word == code), code)
