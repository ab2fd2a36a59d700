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
# # Fairness and drift
# 公平与漂移：需求是否跟着生源走，建议对谁更好，换一年还一样吗
#
# Three questions to ask before a version is served: does "need" measure teaching or the pupils a school happens to have;
# are lists as good for small and poor schools as for others; and has the city moved since the version was made?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display

import recommender

# %% tags=["parameters"]
WORKSPACE = "fairness/workspace"  # a folder of its own: simulating replaces the tables that it holds
SIMULATE = True  # False: work with the tables that WORKSPACE holds
TEACHERS = 2000  # of the simulated city
SEED = 1
SCENARIO = "unequal"  # or plain, unequal, sparse, confounded, cold, no_evidence, no_observation, heavy_tails

# %% [markdown]
# ## 1. The city and its needs
# 数据与诊断

# %%
city = recommender.simulate(WORKSPACE, TEACHERS, SEED, SCENARIO) if SIMULATE else recommender.load(WORKSPACE)
mark = "MADE-UP DATA: simulated, no real teachers, schools or courses" if city.tables.made_up else ""
print(mark or "Data of this workspace")
truth = city.root / "simulated" / "truth" if SIMULATE else None
now = recommender.diagnose(city)
schools = city.tables["organizations"].set_index("org_id")

# %% [markdown]
# ## 2. Does need follow intake?
# 需求是否跟着生源走：学校平均差距与学生水平、与困难程度的相关
#
# `level` is where pupils are, `gain` what the school adds. A need that follows level but not gain would be blaming
# teachers for their pupils. Schools are the units; the 95% interval is Fisher's, from ten schools on.

# %%
gaps = now.report[now.report["unit_kind"] == "school"].groupby("unit_id")["gap_mean"].mean()
views = now.school_views.groupby(["view", "org_id"])["mean"].mean()
rows = {}
beside = {view: views[view] for view in views.index.unique("view")}
if schools["disadvantage"].notna().any():
    beside["disadvantage"] = schools["disadvantage"]
for name, values in beside.items():
    both = pd.concat([gaps, values.rename("other")], axis=1).dropna().to_numpy()
    if len(both) >= 10 and both.std(axis=0).min() > 0:
        correlation = np.corrcoef(both.T)[0, 1]
        wide = 1.96 / np.sqrt(len(both) - 3)
        rows[name] = [correlation, np.tanh(np.arctanh(correlation) - wide), np.tanh(np.arctanh(correlation) + wide), len(both)]
columns = ["correlation with need", "low", "high", "schools"]
display(pd.DataFrame.from_dict(rows, orient="index", columns=columns).round(2).style.set_caption(mark))

# %% [markdown]
# ## 3. For whom are lists better?
# 列表对谁更好：按学段、梯级和依据多少
#
# The served way of ranking on schools that nobody trained on. A part with fewer than 30 lists is not shown.

# %%
judged = recommender.judge(city, truth=truth)
parts = recommender.slices(judged)
metric = "oracle_share@3" if "oracle_share@3" in set(parts["metric"]) else "ndcg@10"
served = parts[(parts["scorer"] == "served") & (parts["metric"] == metric)].reset_index(drop=True)
if served.empty:
    print("no part has 30 lists: nothing can be said of parts without speaking of persons")
else:
    figure, axes = plt.subplots(figsize=(8, 1.0 + 0.3 * max(len(served), 1)), layout="constrained")
    figure.suptitle(mark, color="#b3261e", fontsize=10)
    spread = np.nan_to_num(np.vstack([served["value"] - served["low"], served["high"] - served["value"]]))
    axes.errorbar(served["value"], served.index, xerr=spread, fmt="o", color="#1b6ca8")
    axes.set_yticks(served.index, served["by"] + ": " + served["part"].astype(str))
    axes.invert_yaxis()
    axes.set_xlabel(f"{metric} of what is served, with 95% interval over schools")
    plt.show()

# %% [markdown]
# ## 4. Has the city moved?
# 漂移：一年前的诊断与现在比较（只用当时已知的数据）
#
# Each competency's mean gap a year ago and now, the evidence of the year between being all that differs. The stability
# index compares the spread of single teachers' gaps; by custom above 0.2 is worth a look and above 0.25 a retraining.

# %%
last_year = (pd.Timestamp(now.as_of) - pd.DateOffset(years=1)).date()
then = recommender.diagnose(city, last_year)
english = city.tables["competencies"].set_index("competency_id")["name_en"]


def stability(old, new):
    """Population stability index over tenths of the old values."""
    edges = np.quantile(old, np.linspace(0.1, 0.9, 9))
    shares = [
        np.bincount(np.searchsorted(edges, side), minlength=10) / len(side) + 1e-4 for side in (old, new)
    ]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


moved = pd.DataFrame({
    "then": [then.gap_mean[then.applies[:, k], k].mean() for k in range(len(english.reindex(then.competency_ids)))],
    "now": [now.gap_mean[now.applies[:, k], k].mean() for k in range(len(now.competency_ids))],
    "stability": [
        stability(then.gap_mean[then.applies[:, k], k], now.gap_mean[now.applies[:, k], k])
        if then.applies[:, k].sum() >= 30 and now.applies[:, k].sum() >= 30 else np.nan
        for k in range(len(now.competency_ids))
    ],
}, index=english.reindex(now.competency_ids))  # fmt: skip
display(moved.sort_values("stability", ascending=False).head(12).round(3))

# %% [markdown]
# ## 5. The same as a picture
# 图：一年前（空心）与现在（实心）

# %%
order = moved.dropna().sort_values("now")
figure, axes = plt.subplots(figsize=(8, 0.9 + 0.26 * max(len(order), 1)), layout="constrained")
figure.suptitle(mark, color="#b3261e", fontsize=10)
axes.hlines(range(len(order)), order["then"], order["now"], color="0.7")
axes.plot(order["then"], range(len(order)), "o", mfc="white", color="#1b6ca8", label=f"{last_year}")
axes.plot(order["now"], range(len(order)), "o", color="#1b6ca8", label=f"{now.as_of}")
axes.set_yticks(range(len(order)), order.index)
axes.set_xlabel("mean gap of all whom it concerns, teacher SD")
axes.legend(frameon=False)
plt.show()
