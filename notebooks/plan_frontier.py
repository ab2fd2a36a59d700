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
# # From a budget to a plan: frontiers and regret
# 从预算到方案：预算曲线、公平曲线与遗憾
#
# What a budget buys, what one more yuan would buy, what floors for every school cost, and, in a simulated city, what
# the plan is truly worth beside the usual ways of planning and an oracle's. The command `recommender plan` does the
# same work.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

import recommender

# %% tags=["parameters"]
WORKSPACE = "frontier/workspace"  # a folder of its own: simulating replaces the tables that it holds
SIMULATE = True  # False: work with the tables that WORKSPACE holds
TEACHERS = 2000
SEED = 1
SCENARIO = "plain"  # or unequal, sparse, confounded, cold
DISTRICT = "440300"  # any organization with teachers below it
BUDGET = 600_000.0  # yuan
LIMITS = {"max_courses_per_teacher": 2}
DRAWS = 20

# %% [markdown]
# ## 1. The data and the plan
# 数据与方案

# %%
city = recommender.simulate(WORKSPACE, TEACHERS, SEED, SCENARIO) if SIMULATE else recommender.load(WORKSPACE)
truth = city.root / "simulated" / "truth" if SIMULATE else None
mark = "MADE-UP DATA: simulated, no real teachers, schools or courses" if city.tables.made_up else ""
print(mark or "Data of this workspace")
plan = recommender.plan_for(city, DISTRICT, BUDGET, LIMITS, DRAWS)
if plan.status == "infeasible":
    raise SystemExit("no plan keeps all limits: relax BUDGET or LIMITS")
print(
    f"{plan.status}, at most {plan.gap:.2%} below the best possible; {plan.seats} seats, {plan.teachers} teachers"
)
print(f"expected gain {plan.expected_gain:.1f}, likely {plan.expected_low:.1f} to {plan.expected_high:.1f}")

# %% [markdown]
# ## 2. The budget frontier
# 预算曲线
#
# Every point is solved again; the gray edge is the proven bound, which no plan can be above.

# %%
points = pd.DataFrame([vars(p) for p in plan.frontier])
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
figure.suptitle(mark, color="#b3261e", fontsize=10)
axes.fill_between(
    points["setting"], points["objective"], points["bound"], color="0.8", label="up to the bound"
)
axes.plot(points["setting"], points["objective"], "o-", color="#1b6ca8", label="what plans count")
current = points[np.isclose(points["setting"], BUDGET)]
axes.plot(current["setting"], current["objective"], "o", ms=11, mfc="none", color="#b3541e", label="this plan")
axes.set(xlabel="budget, yuan", ylabel="gain less uncertainty, teacher SD", xlim=(0, None), ylim=(0, None))
axes.xaxis.set_major_formatter("{x:,.0f}")
axes.grid(color="0.93")
axes.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# ## 3. What one more would buy
# 每项限制的价格

# %%
prices = pd.DataFrame([vars(p) for p in plan.prices], columns=["limit", "key", "unit", "price"])
display(prices.sort_values("price", ascending=False).head(12).round(3))

# %% [markdown]
# ## 4. The equity frontier
# 公平曲线：每校下限提高时，薄弱学校与其他学校的人均收获
#
# The weaker third are the teachers of the schools with most disadvantage.

# %%
fair = pd.DataFrame([vars(p) for p in plan.equity])
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
figure.suptitle(mark, color="#b3261e", fontsize=10)
left.plot(fair["setting"], fair["gain"] / fair["gain"].iloc[0], "o-", color="#1b6ca8")
left.set(
    xlabel="least share of each school's teachers with a seat", ylabel="gain of all, relative", ylim=(0, 1.1)
)
right.plot(fair["setting"], fair["weak_gain"], "D-", color="#8a4b00", label="weaker third")
right.plot(fair["setting"], fair["other_gain"], "o-", color="#12645a", label="the others")
right.set(
    xlabel="least share of each school's teachers with a seat", ylabel="gain a head, SD", ylim=(0, None)
)
right.legend(frameon=False)
for axes in (left, right):
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.grid(color="0.93")
plt.show()

# %% [markdown]
# ## 5. The regret
# 遗憾：与知道真值者的方案相差多少（只有模拟数据可以检验）
#
# Plans are made from the tables and valued by the truth. *Habit*: the budget by headcount, what was taken most last
# year. *Oracle*: the same solver on true gains. The solver's own gap is drawn as the thin line on top of ours.

# %%
if truth is not None:
    budgets = [BUDGET / 2, BUDGET, 2 * BUDGET]
    known = recommender.plan_regret(city, DISTRICT, budgets, truth, LIMITS)
    display(known.set_index(["budget", "plan"]).round(3))
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    figure.suptitle(mark, color="#b3261e", fontsize=10)
    colors = {
        "ours": "#1b6ca8",
        "greedy": "#7aa9d0",
        "popularity": "0.65",
        "habit": "0.8",
        "oracle": "#12645a",
    }
    for place, (name, color) in enumerate(colors.items()):
        rows = known[known["plan"] == name]
        x = np.arange(len(rows)) + (place - 2) * 0.17
        axes.bar(x, rows["true_gain"], 0.16, color=color, label=name)
        if name == "ours":
            axes.vlines(x, rows["true_gain"], rows["true_gain"] * (1 + rows["gap"]), color="k", lw=2)
    axes.set_xticks(range(len(budgets)), [f"{b:,.0f} yuan" for b in budgets])
    axes.set_ylabel("true gain, teacher SD")
    axes.legend(frameon=False, ncols=5, loc="upper left")
    plt.show()

# %% [markdown]
# ## 6. In words
# 一句话结论

# %%
if truth is not None:
    ours, oracle = (
        known[known["plan"] == name].set_index("budget").loc[BUDGET] for name in ("ours", "oracle")
    )
    lost = 1 - ours["of_oracle"]
    display(Markdown(
        f"**本方案的真实价值是全知方案的 {ours['of_oracle']:.0%}；其中求解误差至多 {ours['gap']:.2%}，其余来自不知道真值。**\n\n"
        f"**The plan is truly worth {ours['of_oracle']:.0%} of the oracle's: {lost:.0%} lost, at most {ours['gap']:.2%} of it "
        f"left by the solver, the rest for not knowing the truth. It promised {ours['promised']:.1f} and brings "
        f"{ours['true_gain']:.1f}; with the bound on flattery off it promised {ours['cautious']:.1f}.**"
    ))  # fmt: skip
