# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What people need, and how sure that is
# 需求估计：方差成分、可靠程度、区间是否可信
#
# One measurement model joins all sources. This notebook shows what it estimated on the way, how reliable that makes a
# statement about one person, what a school sees, and, in a simulated city, whether the intervals hold.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display

import recommender

# %% tags=["parameters"]
WORKSPACE = "needs/workspace"  # a folder of its own: simulating replaces the tables that it holds
SIMULATE = True  # False: work with the tables that WORKSPACE holds
TEACHERS = 2000  # of the simulated city
SEED = 1
SCENARIO = "plain"  # or plain, unequal, sparse, confounded, cold, no_evidence, no_observation, heavy_tails

# %% [markdown]
# ## 1. Diagnose
# 诊断

# %%
city = recommender.simulate(WORKSPACE, TEACHERS, SEED, SCENARIO) if SIMULATE else recommender.load(WORKSPACE)
mark = "MADE-UP DATA: simulated, no real teachers, schools or courses" if city.tables.made_up else ""
print(mark or "Data of this workspace")
needs = recommender.diagnose(city)
english = city.tables["competencies"].set_index("competency_id")["name_en"]
teachers = needs.report[needs.report["unit_kind"] == "teacher"]
print(
    f"{len(teachers)} needs of teachers as of {needs.as_of}; bands: {teachers['band'].value_counts().to_dict()}"
)

# %% [markdown]
# ## 2. What was estimated on the way
# 估计出的成分：data 来自数据，prior 是约定的先验
#
# `common`: what all competencies of a person share; `school`, `department`, `district`: shares of the variance; a
# `loading`: how much of a source's spread is the ability; `phi`: how far an ability resembles itself a year later.

# %%
parts = needs.components
display(parts[parts["name"].isin(["common", "school", "department", "district", "phi", "loading"])].round(3))

# %% [markdown]
# ## 3. How reliable a statement about one person is
# 对一位教师的判断有多可靠，取决于有几条依据
#
# Reliability: the share of the variance between teachers that evidence has removed. Below 0.30 nothing is said.

# %%
rows = teachers.assign(evidence=pd.cut(teachers["n_evidence"], [-1, 0, 2, 5, 10, 1000]))
groups = rows.groupby("evidence", observed=True)["reliability"]
figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
figure.suptitle(mark, color="#b3261e", fontsize=10)
names = [f"{max(int(cut.left) + 1, 0)} to {int(cut.right)}" for cut in groups.groups]
axes.boxplot(
    [values for _, values in groups],
    tick_labels=[n.replace("0 to 0", "0") for n in names],
    whis=(5, 95),
    sym="",
)
axes.axhline(0.30, color="#b3261e", lw=1)
axes.set_ylim(0, 1)
axes.set_xlabel("pieces of evidence on the competency itself")
axes.set_ylabel("reliability (box: middle half; red: below it, silence)")
plt.show()

# %% [markdown]
# ## 4. What a school sees
# 一所学校看到的：需求、把握和“能提高多少”，不显示个人
#
# The largest school; of competencies that concern fewer than five of its people nothing is shown, for that would be
# about persons. A group's number comes from the joint posterior; colleagues' errors are not independent.

# %%
largest = city.tables["teachers"]["school_id"].value_counts().index[0]
inside = (city.tables["teachers"]["school_id"] == largest).to_numpy()
concern = pd.Series(needs.applies[inside].sum(axis=0), needs.competency_ids)
school = needs.report[(needs.report["unit_kind"] == "school") & (needs.report["unit_id"] == largest)]
school = school[school["competency_id"].map(concern) >= 5].nlargest(10, "expected_gap")
figure, axes = plt.subplots(figsize=(8, 0.8 + 0.34 * max(len(school), 1)), layout="constrained")
figure.suptitle(mark, color="#b3261e", fontsize=10)
axes.errorbar(school["gap_mean"], range(len(school)), xerr=1.645 * school["gap_sd"], fmt="o", color="#1b6ca8")
axes.axvline(0, color="0.4", lw=1)
axes.set_yticks(range(len(school)), english[school["competency_id"]])
axes.invert_yaxis()
axes.set_xlabel("gap of the school's teachers to target, teacher SD, with 90% interval")
plt.show()

# %% [markdown]
# ## 5. Do the intervals hold?
# 区间是否可信：只有模拟城市知道真值
#
# Real cities have `recommender diagnose --report`, which predicts evidence that was left out.

# %%
truth = city.root / "simulated" / "truth" / "abilities.parquet"
if city.tables.made_up and truth.exists():
    known = pd.read_parquet(truth)[["teacher_id", "competency_id", "value"]]
    seen = teachers.merge(known.rename(columns={"teacher_id": "unit_id"}), on=["unit_id", "competency_id"])
    off = ((seen["value"] - seen["mean"]) / seen["sd"]).abs()
    covered = {
        f"{level:.0%}": (off <= wide).mean() for level, wide in ((0.5, 0.674), (0.8, 1.282), (0.9, 1.645))
    }
    print("share of true abilities inside:", {level: f"{share:.1%}" for level, share in covered.items()}, mark)
    some = seen.sample(min(len(seen), 4000), random_state=0)
    print(f"squared correlation with the truth: {np.corrcoef(some['mean'], some['value'])[0, 1] ** 2:.2f}")
