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
# # Compare your own scorer, and see what each part is worth
# 自己的模型与现有方法比较；每一部分值多少
#
# Any object with `fit` and `predict` stands in the same table as everybody else: same labels, same unseen schools, same
# lists, intervals over schools and a permutation test. Then the parts are taken away one at a time.

# %%
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from sklearn.ensemble import HistGradientBoostingRegressor

import recommender

# %% tags=["parameters"]
WORKSPACE = "compare/workspace"  # a folder of its own: simulating replaces the tables that it holds
SIMULATE = True  # False: work with the tables that WORKSPACE holds
TEACHERS = 2000  # of the simulated city
SEED = 1
SCENARIO = "plain"  # or plain, unequal, sparse, confounded, cold, no_evidence, no_observation, heavy_tails
ABLATE = True  # takes as long as eight diagnoses

# %% [markdown]
# ## 1. The city
# 数据

# %%
city = recommender.simulate(WORKSPACE, TEACHERS, SEED, SCENARIO) if SIMULATE else recommender.load(WORKSPACE)
mark = "MADE-UP DATA: simulated, no real teachers, schools or courses" if city.tables.made_up else ""
print(mark or "Data of this workspace")
truth = city.root / "simulated" / "truth" if SIMULATE else None

# %% [markdown]
# ## 2. A scorer of your own
# 自己的模型：任何有 fit 和 predict 的对象
#
# It learns from what was measured later in the schools that may be learnt from; unknown cells come at their median.

# %%
mine = HistGradientBoostingRegressor(max_iter=80, learning_rate=0.06, random_state=0)
judged = recommender.judge(city, truth=truth, scorers={"mine": mine})
table = recommender.compare(judged)
columns = [
    "test", "metric", "scorer", "value", "low", "high", "difference", "difference_low", "difference_high", "p",
]  # fmt: skip
display(table[columns].set_index(["test", "metric", "scorer"]).round(3))

# %% [markdown]
# ## 3. Where it is better and where not
# 分区、学段、学科、梯级和依据多少分别比较；不足 30 份列表的部分不显示

# %%
parts = recommender.slices(judged)
mine_only = parts[(parts["scorer"] == "mine") & parts["metric"].str.startswith(("ndcg", "oracle"))]
columns = ["by", "part", "test", "metric", "value", "difference", "difference_low", "difference_high", "lists"]
display(mine_only[columns].round(3) if len(mine_only) else "no part has 30 lists")

# %% [markdown]
# ## 4. The parts, taken away one at a time
# 逐一去掉一种依据（没有依据的城市：去掉一类候选来源），看列表差多少
#
# Left of 0: lists are worse without it. An interval that crosses 0 proves nothing.

# %%
lost = recommender.ablate(city, truth=truth) if ABLATE else None
if lost is not None:
    metric = "oracle_share@3" if truth is not None and "oracle_share@3" in set(lost["metric"]) else "ndcg@10"
    rows = lost[(lost["metric"] == metric) & (lost["without"] != "all")].reset_index(drop=True)
    figure, axes = plt.subplots(figsize=(8, 0.9 + 0.38 * len(rows)), layout="constrained")
    figure.suptitle(mark, color="#b3261e", fontsize=10)
    low, high = rows["difference"] - rows["difference_low"], rows["difference_high"] - rows["difference"]
    spread = np.nan_to_num(np.vstack([low, high]))
    axes.errorbar(rows["difference"], rows.index, xerr=spread, fmt="o", color="#1b6ca8")
    axes.axvline(0, color="0.4", lw=1)
    axes.set_yticks(rows.index, "without " + rows["without"])
    axes.invert_yaxis()
    axes.set_xlabel(f"change of {metric}, with 95% interval over schools")
    plt.show()
    display(
        rows[["without", "value", "difference", "difference_low", "difference_high", "p", "lists"]].round(3)
    )

# %% [markdown]
# ## 5. What made this run
# 这次运行由什么决定：相同的数据、代码、种子和程序库得到相同的结果

# %%
study = recommender.split(city)
print("as of", study.as_of, "| objective:", study.objective, "| seed:", study.seed)
print("tables:", city.fingerprint[:16])
if study.window is not None:
    print("learnt before", study.window.t0, "and judged by what came until", study.window.t1)
print("held out:", study.held_out)
