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
# # Retrain and compare
# 重新训练，并与简单方法比较
#
# The road from tables to a version that a person may put to use: look at the needs, train, judge on schools that
# nobody trained on, read what the gate decided, keep or serve. The command line takes the same steps.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

import recommender

# %% tags=["parameters"]
WORKSPACE = "retrain/workspace"  # a folder of its own: simulating replaces the tables that it holds
SIMULATE = True  # False: work with the tables that WORKSPACE holds
TEACHERS = 2000  # of the simulated city; with a few hundred hardly a school is left to judge on
SEED = 1
SCENARIO = "plain"  # or unequal, sparse, confounded, cold, no_evidence, no_observation, heavy_tails
PROMOTE = False  # True: serve the new version from now on

# %% [markdown]
# ## 1. The data
# 数据：模拟一座城市，或读取已导入的数据

# %%
city = recommender.simulate(WORKSPACE, TEACHERS, SEED, SCENARIO) if SIMULATE else recommender.load(WORKSPACE)
truth = city.root / "simulated" / "truth" if SIMULATE else None
mark = "MADE-UP DATA: simulated, no real teachers, schools or courses" if city.tables.made_up else ""

register = city.tables["teachers"]
print(mark or "Data of this workspace")
print(f"{len(register):>8} teachers in {register['school_id'].nunique()} schools")
for name in ("results", "observations", "surveys", "courses", "enrolments"):
    print(f"{len(city.tables[name]):>8} rows of {name}")

# %% [markdown]
# ## 2. What people need, and how sure that is
# 需求，以及把握有多大
#
# A gap is target minus ability; 1 is the standard deviation over all teachers. Left: the widest unit there is, with
# its 95% interval. Right: what can be said of single teachers. *Clear*: a gap above 0.3 is at least 80% likely and
# was observed; *none*: at most 30% likely; *possible*: all between; *thin*: too little evidence to say.

# %%
needs = recommender.diagnose(city).report
english = city.tables["competencies"].set_index("competency_id")["name_en"]
whole = needs[needs["unit_id"] == needs["unit_id"].iloc[-1]].sort_values("gap_mean", ignore_index=True)
single = needs[needs["unit_kind"] == "teacher"]
bands = {"clear": "#1b6ca8", "possible": "#8fbbda", "none": "#d9d9d9", "thin": "#ffffff"}
shares = pd.crosstab(single["competency_id"], single["band"], normalize="index")
shares = shares.reindex(index=whole["competency_id"], columns=list(bands), fill_value=0.0)

size = (11, 1.8 + 0.27 * len(whole))
figure, (left, right) = plt.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
figure.suptitle(mark, color="#b3261e", fontsize=10)
left.errorbar(whole["gap_mean"], whole.index, xerr=1.96 * whole["gap_sd"], fmt="o", color="#1b6ca8", ms=5)
left.axvline(0, color="0.4", lw=1.2, zorder=1)
left.grid(color="0.93")
left.set_yticks(whole.index, english[whole["competency_id"]])
left.set_ylim(-0.7, len(whole) - 0.3)
left.set_xlabel("gap to target in teacher SD, with 95% interval")
left.set_title(f"Mean gap of {whole['unit_kind'][0]} {whole['unit_id'][0]}", loc="left", fontsize=10)
start = shares.cumsum(axis=1) - shares
for band, color in bands.items():
    bars = right.barh(whole.index, shares[band], left=start[band], color=color, label=band)
    plt.setp(bars, edgecolor="0.45", linewidth=0.6, hatch="////" if band == "thin" else "")
right.set_xlim(0, 1)
right.xaxis.set_major_formatter("{x:.0%}")
right.tick_params(axis="y", length=0)
right.set_xlabel("share of the teachers whom it concerns")
right.set_title("Single teachers: is there a need?", loc="left", fontsize=10)
figure.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=4, frameon=False)
plt.show()

# %% [markdown]
# ## 3. Do the intervals hold what they promise?
# 区间是否可信（只有模拟数据可以检验）
#
# Only a simulated city knows its true abilities. About 95 in 100 of them should lie inside their 95% intervals, the
# thin ones as well: there the interval has to be wider instead.

# %%
if truth is not None:
    known = pd.read_parquet(truth / "abilities.parquet")[["teacher_id", "competency_id", "value"]]
    seen = single.merge(known.rename(columns={"teacher_id": "unit_id"}), on=["unit_id", "competency_id"])
    seen["inside"] = (seen["value"] - seen["mean"]).abs() <= 1.96 * seen["sd"]
    by_band = seen.groupby("band").agg(estimates=("sd", "size"), sd=("sd", "mean"), inside=("inside", "mean"))
    display(by_band.reindex(list(bands)).round(3))
    print(f"{seen['inside'].mean():.1%} of all true abilities lie inside ({mark.lower()})")

# %% [markdown]
# ## 4. Train
# 训练：新版本只保存，不启用
#
# The new version is stored in the registry. It is not in use yet.

# %%
before = city.registry().current()
trained = recommender.fit(city)
print(f"served now: {before or 'nothing'}; new in the registry: {trained.version}")

# %% [markdown]
# ## 5. Judge
# 在未参与训练的数据上评估，与简单方法比较
#
# Every way of ranking gets the same lists of the same schools (of teachers, where nothing is measured and schools are
# few), none of which it was trained on. `observed` looks at what was measured later (at what was taken next,
# where nothing is measured); `truth` asks a simulated city what its courses would really do. Intervals are over
# schools (teachers); a difference is paired, on the same lists.
#
# The *need rule* computes the expected gain from the needs alone. *Served* is what people see as long as no ranker
# has passed the gate: the rule with a trained model of completion, or predicted take-up where nothing is measured.

# %%
judged = recommender.judge(city, truth=truth)
numbers = ["value", "low", "high", "difference", "difference_low", "difference_high"]
columns = ["test", "metric", "scorer", *numbers, "rival", "lists", "clusters", "cluster_kind"]
table = pd.DataFrame(recommender.compare(judged), columns=columns).astype(dict.fromkeys(numbers, float))
display(table.set_index(columns[:3]).round(3))

# %% [markdown]
# ## 6. The comparison as a picture
# 比较图：点为平均值，线为 95% 区间
#
# Left: how good the lists are. Right: the difference from the rival; an interval that crosses 0 proves nothing. An
# arrow: the interval goes on. A hollow dot: no interval, since one school cannot show how much schools differ.

# %%
scorers = {
    "random": ("random", "0.35"), "popularity": ("popularity", "0.35"), "hours_owed": ("hours owed", "0.35"),
    "self_report": ("self-report match", "0.35"), "need_rule": ("need rule", "#1b6ca8"),
    "served": ("served without a ranker", "#1b6ca8"), "ranker": ("trained ranker", "#b3541e"),
}  # fmt: skip
titles = {
    ("observed", "ndcg@10"): "Never trained on, what came later: NDCG@10",
    ("truth", "oracle_share@10"): "Known truth: share of the gain that perfect lists bring",
}
shown = {titles[key]: rows.reset_index() for key, rows in table.groupby(["test", "metric"]) if key in titles}


def draw(axes, rows, names, least, most):
    """A dot a row with its interval, first row on top; what lies beyond the picture ends in an arrow."""
    for y, scorer, value, low, high in rows[["scorer", *names]].itertuples():
        color, sure = scorers[scorer][1], np.isfinite(low)
        axes.plot(value, y, "o", color=color, mfc=color if sure else "white", ms=7, zorder=3)
        if sure:
            axes.hlines(y, max(low, least), min(high, most), color=color, lw=2)
            axes.plot(max(low, least), y, "<" if low < least else "|", color=color, ms=7)
            axes.plot(min(high, most), y, ">" if high > most else "|", color=color, ms=7)
    edge = 0.03 * (most - least)
    axes.set(xlim=(least - edge, most + edge), ylim=(rows.index.max() + 0.5, -0.5))
    axes.grid(axis="x", color="0.9")
    axes.tick_params(axis="y", length=0)


for title, rows in shown.items():
    rival = scorers[rows["rival"][0]][0]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4), sharey=True, layout="constrained")
    figure.suptitle(mark, color="#b3261e", fontsize=10)
    draw(left, rows, numbers[:3], 0.0, 1.0)
    far = min(rows[numbers[3:]].abs().max(axis=None), 0.6)
    draw(right, rows[rows["scorer"] != rows["rival"]], numbers[3:], -far, far)
    right.axvline(0, color="0.4", lw=1.2, zorder=1)
    left.set_yticks(rows.index, [scorers[scorer][0] for scorer in rows["scorer"]])
    left.set_title(title, loc="left", fontsize=10)
    left.set_xlabel(f"mean with 95% interval over {rows['clusters'].max()} {rows['cluster_kind'][0]}s")
    right.set_title(f"Difference from: {rival}", loc="left", fontsize=10)
    right.set_xlabel(f"left of 0: worse than {rival}; right: better")
    plt.show()

# %% [markdown]
# ## 7. What the gate decided, in words
# 把关结论
#
# A trained ranker ranks for people only if its whole interval over the rival lies above 0, on five or more schools
# (or teachers) that it never saw.

# %%
for title, rows in shown.items():
    print(f"{title}; against {scorers[rows['rival'][0]][0]}:")
    others = rows[rows["scorer"] != rows["rival"]]
    for scorer, value, low, high in others[["scorer", *numbers[3:]]].itertuples(index=False):
        verdict = "better" if low > 0 else "worse" if high < 0 else "not clearly different"
        comparison = f"{verdict}, 95% interval {low:+.3f} to {high:+.3f}"
        print(f"    {scorers[scorer][0]}: {value:+.3f}, {comparison if np.isfinite(low) else 'no interval'}")
sentence = recommender.text.in_both(trained.report.decision.reason)
display(Markdown(f"**{sentence.zh}**\n\n**{sentence.en}**"))

# %% [markdown]
# ## 8. Keep it, or serve it
# 保存或启用；随时可以退回
#
# A person decides. `recommender models promote VERSION` serves a version later, `recommender models rollback` takes
# the last promotion back.

# %%
if PROMOTE:
    recommender.save(city, trained)
print(f"served: {city.registry().current() or 'nothing'}; before: {before or 'nothing'}; new: {trained.version}")
display(Markdown((city.bundles / trained.version / "card.md").read_text("utf-8")))
