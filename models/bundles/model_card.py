"""The model card, written from the run: what the version is, how it was judged, what it is not for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from models.evaluation.list_metrics import MetricRow

MADE_UP = "**数据为模拟生成，不是真实教师。 The data are simulated; these are no real teachers.**"
ZH_OBJECTIVE = {"gain": "预期收获（教师标准差单位）", "uptake": "预测的下一次选课（没有任何测评证据）"}
EN_OBJECTIVE = {
    "gain": "expected gain (teacher-SD units)",
    "uptake": "predicted next enrolment (there is no evidence at all)",
}
ZH_RANKED = {"need_rule": "需求规则 + 完成率模型", "ranker": "训练所得排序模型", "uptake": "选课预测模型"}
EN_RANKED = {
    "need_rule": "the need rule with a trained completion model",
    "ranker": "the trained ranker",
    "uptake": "the take-up model",
}


def model_card(about: Mapping[str, Any], rows: Sequence[MetricRow], zh: str, en: str) -> str:
    """Markdown, Chinese first. `zh`, `en`: the gate's words; `rows`: what was judged on unseen schools."""
    made_up = bool(about["made_up"])
    lines = [
        f"# 模型卡 Model card {about['as_of']}",
        "",
        *([MADE_UP, ""] if made_up else []),
        "## 中文",
        "",
        f"- 截止日期：{about['as_of']}",
        f"- 目标：{ZH_OBJECTIVE[about['objective']]}",
        f"- 排序依据：{ZH_RANKED[about['ranked_by']]}",
        f"- 结论：{zh}",
        f"- 训练数据：{about['teachers']} 名教师，{about['schools']} 所学校，"
        f"{about['courses']} 门课程，{about['enrolments']} 条选课记录；带标签的组合 {about['labels']} 个",
        "- 用途：为教师和学校提出培训建议；最终由人确认。",
        "- 不可用于：考核、评优、晋升、处分；不可据此断言某门课程有效。",
        "- 局限：未选课程没有测量值；标签来自课程之后的测评，个体噪声大；课程形式的效应取自保守的先验。",
        "- 公平：不使用性别、年龄、民族、毕业院校。",
        "",
        "## English",
        "",
        f"- As of: {about['as_of']}",
        f"- Objective: {EN_OBJECTIVE[about['objective']]}",
        f"- Ranked by: {EN_RANKED[about['ranked_by']]}",
        f"- Verdict: {en}",
        f"- Trained on: {about['teachers']} teachers, {about['schools']} schools, "
        f"{about['courses']} courses, {about['enrolments']} enrolments; {about['labels']} labelled pairs",
        "- For: proposing training to teachers and schools; a person confirms.",
        "- Not for: appraisal, awards, promotion or discipline; not as proof that a course works.",
        "- Limits: courses not taken were never measured; labels come from evidence after the course and are "
        "noisy for one person; effects of course forms rest on cautious priors.",
        "- Fairness: sex, age, ethnicity and college are not used.",
        "",
        "## 未见学校上的评估 Judged on schools never seen",
        "",
        *_table(rows),
        "",
    ]
    return "\n".join(lines)


def _span(low: float, high: float) -> str:
    return "学校太少 too few schools" if isnan(low) else f"{low:.3f} .. {high:.3f}"


def _table(rows: Sequence[MetricRow]) -> list[str]:
    if not rows:
        return ["数据不足，未能评估。 Too little data to judge."]
    head = ["| scorer | metric | value | 95% | vs | difference | 95% |", "|---|---|---|---|---|---|---|"]
    return head + [
        f"| {r.scorer} | {r.metric} | {r.value:.3f} | {_span(r.low, r.high)} "
        f"| {r.rival} | {r.difference:+.3f} | {_span(r.difference_low, r.difference_high)} |"
        for r in rows
    ]
