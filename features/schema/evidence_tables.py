"""What was measured: assessments and results, observations, surveys, and what they speak of."""

from features.schema.column import LADDER, ROLES, STAGES, Column, Table, may, need, positive, share, subject

ASSESSMENTS = Table(
    "assessments", "测评", ("assessment_id",),
    (
        need("assessment_id", "测评代码", "id"),
        need("name", "测评名称"),
        need(
            "programme", "项目",
            choices=("national_monitoring", "sunshine", "district_exam", "school_exam", "other"),
        ),
        need("date", "日期", "date"),
        may("term", "学期"),
        need("stage", "学段", choices=STAGES),
        may("grade", "年级"),
        subject("subject", "学科", required=True),
        may("sample_type", "抽样类型", choices=("national_sample", "agreement", "census")),
    ),
)  # fmt: skip

ASSESSMENT_DIMENSIONS = Table(
    "assessment_dimensions", "测评维度", ("assessment_id", "dimension"),
    (
        need("assessment_id", "测评代码", "id", references="assessments"),
        need("dimension", "维度"),
        may("name", "维度名称"),
        Column("scale_mean", "量尺均值", "number", required=True),
        positive("scale_sd", "量尺标准差", required=True),
        share("reliability", "信度", above=True),
        share("prior_reliability", "前测信度", above=True),
    ),
)  # fmt: skip

RESULTS = Table(
    "results", "测评结果", ("assessment_id", "dimension", "unit_kind", "unit_id"),
    (
        need("assessment_id", "测评代码", "id", references="assessments"),
        need("dimension", "维度"),
        need("unit_kind", "单位类别", choices=("class", "school", "district")),
        need("unit_id", "单位代码", "id"),
        Column("n", "人数", "integer", required=True, low=1.0),
        Column("mean", "平均分", "number", required=True),
        Column("sd", "标准差", "number", low=0.0),
        Column("se", "标准误", "number", low=0.0),
        positive("n_effective", "有效人数"),
        Column("prior_mean", "前测平均分", "number"),
        Column("prior_sd", "前测标准差", "number", low=0.0),
        Column("prior_cov", "前后测协方差", "number"),
        Column("pv_variance", "似真值方差", "number", low=0.0),
    ),
)  # fmt: skip

RESULT_COVARIANCES = Table(
    "result_covariances", "维度协方差", (),
    (
        need("assessment_id", "测评代码", "id", references="assessments"),
        need("dimension_1", "维度一"),
        may("other_assessment_id", "另一测评代码", "id", references="assessments"),
        need("dimension_2", "维度二"),
        Column("within_cov", "班内协方差", "number", required=True),
    ),
    selectors=("assessment_id", "dimension_1", "other_assessment_id", "dimension_2"),
)  # fmt: skip

OBSERVATIONS = Table(
    "observations", "课堂观察", ("observation_id", "item"),
    (
        need("observation_id", "观察代码", "id"),
        need("item", "指标"),
        need("teacher_id", "工号", "id", "教师编号", "教师工号", references="teachers"),
        need("rater_id", "评课人代码", "id", references="teachers", lenient=True),
        need("lesson_id", "课例代码", "id"),
        need("date", "日期", "date"),
        Column("score", "得分", "number", required=True),
        Column("scale_min", "最低分", "number", required=True),
        Column("scale_max", "满分", "number", required=True),
    ),
)  # fmt: skip

SURVEYS = Table(
    "surveys", "问卷", ("survey_id", "item"),
    (
        need("survey_id", "问卷代码", "id"),
        need("item", "题目"),
        need("kind", "问卷类别", choices=("student_feedback", "self_report")),
        need("teacher_id", "工号", "id", "教师编号", "教师工号", references="teachers"),
        need("date", "日期", "date"),
        Column("n", "人数", "integer", required=True, low=1.0),
        Column("mean", "平均分", "number", required=True),
        Column("sd", "标准差", "number", low=0.0),
        Column("scale_min", "最低分", "number", required=True),
        Column("scale_max", "满分", "number", required=True),
    ),
)  # fmt: skip

INDICATORS = Table(
    "indicators", "指标对应", (),
    (
        need("source", "来源", choices=("assessment", "observation", "student_feedback", "self_report")),
        need("indicator", "指标"),
        need("competency_id", "能力代码", "id", references="competencies"),
        positive("weight", "权重", required=True),
        may("assessment_id", "测评代码", "id", references="assessments"),
        subject("subject", "学科"),
        may("stage", "学段", choices=STAGES),
    ),
    selectors=("source", "indicator", "competency_id", "assessment_id", "subject", "stage"),
)  # fmt: skip

TARGETS = Table(
    "targets", "目标", (),
    (
        need("competency_id", "能力代码", "id", references="competencies"),
        may("role", "身份", choices=ROLES),
        may("stage", "学段", choices=STAGES),
        subject("subject", "学科"),
        may("ladder_step", "梯级", choices=LADDER),
        Column("target", "目标值", "number", required=True),
        Column("weight", "政策权重", "number", low=0.0),
    ),
    selectors=("competency_id", "role", "stage", "subject", "ladder_step"),
)  # fmt: skip
