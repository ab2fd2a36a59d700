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
# # What the tables hold
# 数据里有什么：谁有依据，依据有多新，哪里是空白
#
# Before anybody trains anything: how much is there on whom, how old is it, and do the sources meet in the same people?
# A source that reaches one district only cannot be compared with the others anywhere else.

# %%
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display

import recommender

# %% tags=["parameters"]
WORKSPACE = "data/workspace"  # a folder of its own: simulating replaces the tables that it holds
SIMULATE = True  # False: work with the tables that WORKSPACE holds
TEACHERS = 2000  # of the simulated city
SEED = 1
SCENARIO = "plain"  # or plain, unequal, sparse, confounded, cold, no_evidence, no_observation, heavy_tails

# %% [markdown]
# ## 1. Rows
# 行数

# %%
city = recommender.simulate(WORKSPACE, TEACHERS, SEED, SCENARIO) if SIMULATE else recommender.load(WORKSPACE)
mark = "MADE-UP DATA: simulated, no real teachers, schools or courses" if city.tables.made_up else ""
print(mark or "Data of this workspace")
teachers = city.tables["teachers"]
display(
    pd.Series({name: len(frame) for name, frame in city.tables.frames.items() if len(frame)}, name="rows")
)

# %% [markdown]
# ## 2. Who is reached by which source
# 各来源覆盖的教师比例，按学段
#
# A teacher counts where at least one row is about her (class results: about a class that she teaches).

# %%
surveys, results, classes = (city.tables[name] for name in ("surveys", "results", "classes"))
tested = set(results.loc[results["unit_kind"] == "class", "unit_id"])
reached = {
    "class results": set(classes.loc[classes["class_id"].isin(tested), "teacher_id"]),
    "observation": set(city.tables["observations"]["teacher_id"]),
    "student feedback": set(surveys.loc[surveys["kind"] == "student_feedback", "teacher_id"]),
    "self-report": set(surveys.loc[surveys["kind"] == "self_report", "teacher_id"]),
    "training record": set(city.tables["enrolments"]["teacher_id"]),
}
known = pd.DataFrame({name: teachers["teacher_id"].isin(who) for name, who in reached.items()})
share = known.groupby(teachers["stage"].fillna("none")).mean()
display(share.style.format("{:.0%}").set_caption(mark))

# %% [markdown]
# ## 3. The same as a picture, with how many sources meet in one person
# 图：覆盖率，以及每位教师有几种来源

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
figure.suptitle(mark, color="#b3261e", fontsize=10)
image = left.imshow(share.to_numpy(), vmin=0, vmax=1, cmap="Blues", aspect="auto")
left.set_xticks(range(share.shape[1]), share.columns, rotation=20, ha="right")
left.set_yticks(range(len(share)), share.index)
for row in range(share.shape[0]):
    for column in range(share.shape[1]):
        value = share.iat[row, column]
        left.text(
            column, row, f"{value:.0%}", ha="center", va="center", color="white" if value > 0.5 else "black"
        )
left.set_title("Share of teachers with something known", loc="left", fontsize=10)
counts = known.drop(columns="training record").sum(axis=1).value_counts().reindex(range(5), fill_value=0)
right.bar(counts.index, counts / len(teachers), color="#1b6ca8")
right.yaxis.set_major_formatter("{x:.0%}")
right.set_xlabel("sources of evidence on one teacher")
right.set_title("Share of teachers", loc="left", fontsize=10)
plt.show()

# %% [markdown]
# ## 4. How old the evidence is
# 依据有多新
#
# Evidence ages: an ability resembles itself less with every year. What is older than three years says little.

# %%
dates = {
    "observations": city.tables["observations"]["date"], "surveys": surveys["date"],
    "assessments": city.tables["assessments"]["date"], "enrolments": city.tables["enrolments"]["requested_on"],
}  # fmt: skip
last = max(column.max() for column in dates.values() if column.notna().any())
ages = pd.DataFrame({
    name: ((last - column.dropna()).dt.days / 365.25).describe()[["count", "min", "50%", "max"]]
    for name, column in dates.items()
}).T  # fmt: skip
ages.columns = ["rows", "newest, years", "median", "oldest"]
display(ages.round(2))

# %% [markdown]
# ## 5. What courses are on offer
# 有哪些课程

# %%
courses = city.tables["courses"]
offer = courses.groupby("form").agg(
    courses=("course_id", "size"), hours=("hours", "median"), seat_cost=("seat_cost", "median"),
    seats=("max_seats", "sum"), graded=("evidence_grade", lambda grade: grade.notna().mean()),
)  # fmt: skip
display(offer.round(2))
aims = city.tables["course_goals"].groupby("competency_id")["course_id"].nunique()
names = city.tables["competencies"].set_index("competency_id")["name_en"]
nothing = sorted(set(city.tables["targets"]["competency_id"]) - set(aims.index))
print("no course meets:", ", ".join(names.reindex(nothing)) or "every competency has a course")
