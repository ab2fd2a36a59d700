"""The codes of the Chinese words that registers and catalogues write in cells."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    "幼儿园": "kindergarten", "小学": "primary", "初中": "junior", "高中": "senior",
    "教师": "teacher", "校长": "principal",
    "省": "province", "市": "city", "区": "district", "校": "school", "学校": "school", "国家": "national",
    "工作室": "studio", "平台": "platform",
    "城区": "urban", "镇区": "town", "乡村": "rural",
    "线上": "online", "线下": "offline", "混合": "blended",
    "讲座": "lecture", "工作坊": "workshop", "实践": "practice", "辅导": "coaching",
    "公需": "public", "专业": "professional", "选修": "elective", "不限": "any",
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


def zh_name(code: str) -> str:
    """The first Chinese word of a coded value; the code itself where it has none, such as T1."""
    return next((word for word, code_of_word in CODES.items() if code_of_word == code), code)
