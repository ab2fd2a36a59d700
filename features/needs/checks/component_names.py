"""What parts of the model are called by people: (Chinese, English)."""

from __future__ import annotations

from typing import Final

Pair = tuple[str, str]

SOURCES: Final[dict[str, Pair]] = {
    "all": ("全部来源", "all sources"),
    "observation": ("课堂观察", "lesson observation"),
    "student_feedback": ("学生反馈", "pupils' feedback"),
    "self_report": ("教师自评", "self-report"),
    "class_results": ("班级成绩", "class results"),
    "class_gain": ("班级增量", "class gains"),
    "class_level": ("班级水平", "class levels"),
    "monitoring": ("质量监测", "monitoring"),
    "assessment": ("测评", "assessment"),
}
PARTS: Final[dict[str, Pair]] = {
    "common": ("两项能力的相关", "two competencies alike"),
    "school": ("校际占比", "between schools"),
    "department": ("教研组占比", "between departments"),
    "district": ("区际占比", "between districts"),
    "phi": ("一年后的相关", "with itself a year later"),
    "loading": ("能力在该来源中的分量", "how much of ability shows in it"),
    "method": ("长期存在但不是能力的部分", "lasting, but not ability"),
    "method_common": ("其中各项目共有（光环、风格）", "of which common to all items (halo, style)"),
    "noise": ("每次不同的误差", "new on every occasion"),
    "noise_common": ("其中同一次各项目共有", "of which common to one occasion"),
    "shared": ("全校共有（如评分宽严）", "common to a whole school (e.g. leniency)"),
}
SPECIFICATIONS: Final[dict[str, Pair]] = {
    "no_explained_mean": ("不用职级和教龄作先验", "step and years say nothing beforehand"),
    "even_competencies": ("各能力两两相关相同", "any two competencies correlate alike"),
    "no_departments": ("不分教研组", "no departments"),
    "stated_ageing": ("证据老化按规定值", "ageing of evidence as stated"),
    "all_together": ("以上全部", "all of these together"),
}
INTAKES: Final[dict[str, Pair]] = {
    "prior_scores": ("生源（前测成绩）", "intake (earlier scores)"),
    "disadvantage": ("学校困难程度", "disadvantage"),
}
GROUPS: Final[dict[str, Pair]] = {
    "all": ("全部", "all"),
    "others": ("其他（人数少，合并）", "others (small, put together)"),
    "kindergarten": ("幼儿园", "kindergarten"),
    "primary": ("小学", "primary"),
    "junior": ("初中", "junior secondary"),
    "senior": ("高中", "senior secondary"),
}
