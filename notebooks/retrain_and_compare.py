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
WORKSPACE = "retrain-workspace"  # where tables, versions and scores are kept
SIMULATE = True  # False: work with the tables that WORKSPACE already holds
TEACHERS = 2000  # of the simulated city; with a few hundred hardly any school is left to judge on
SEED = 1
SCENARIO = "plain"  # others: unequal, sparse, confounded, cold, no_evidence, no_observation, heavy_tails
PROMOTE = False  # True: serve the new version from now on

# %% [markdown]
# ## 1. The data
# 数据：模拟一座城市，或读取已导入的数据

# %%
city = recommender.simulate(WORKSPACE, TEACHERS, SEED, SCENARIO) if SIMULATE else recommender.load(WORKSPACE)
truth = city.root / "simulated" / "truth" if SIMULATE else None
MARK = "MADE-UP DATA: simulated, no real teachers, schools or courses" if city.tables.made_up else ""

register = city.tables["teachers"]
print(MARK or "Data of this workspace")
print(f"{len(register)} teachers in {register['school_id'].nunique()} schools")
for name in ("results", "observations", "surveys", "courses", "enrolments"):
    print(f"{len(city.tables[name]):>8} rows of {name}")

# %% [markdown]
# ## 2. What people need, and how sure that is
# 需求，以及把握有多大
#
# A gap is target minus ability; 1 is the standard deviation over all teachers. Left: the widest unit there is, with
# its 95% interval. Right: what can be said of single teachers. *Thin* means that there is too little evidence to say.

# %%
needs = recommender.diagnose(city)
report = needs.report
named = city.tables["competencies"].set_index("competency_id")["name_en"]
whole = report[report["unit_id"] == report["unit_id"].iloc[-1]].sort_values("gap_mean")
bands = {"clear": "#1b6ca8", "possible": "#8fbbda", "none": "#d9d9d9", "thin": "#ffffff"}
single = report[report["unit_kind"] == "teacher"]
shares = single.groupby("competency_id")["band"].value_counts(normalize=True).unstack(fill_value=0)
shares = shares.reindex(index=whole["competency_id"], columns=list(bands), fill_value=0)

row = np.arange(len(whole))
size = (11, 1.8 + 0.27 * len(whole))
figure, (left, right) = plt.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
left.errorbar(whole["gap_mean"], row, xerr=1.96 * whole["gap_sd"], fmt="o", color="#1b6ca8", ms=5, lw=1.5)
left.axvline(0, color="0.5", lw=1)
left.set_yticks(row, named[whole["competency_id"]])
left.set_ylim(-0.7, len(whole) - 0.3)
left.set_xlabel("gap to target, teacher SD (dot) with 95% interval")
left.set_title(f"{whole['unit_kind'].iloc[0].capitalize()} {whole['unit_id'].iloc[0]}: mean gap", loc="left")
start = np.zeros(len(whole))
for band, color in bands.items():
    right.barh(row, shares[band], left=start, color=color, edgecolor="0.45", lw=0.6, label=band,
               hatch="////" if band == "thin" else None)  # fmt: skip
    start += shares[band].to_numpy()
right.set_xlim(0, 1)
right.xaxis.set_major_formatter("{x:.0%}")
right.set_xlabel("share of teachers")
right.set_title("Single teachers: is there a need?", loc="left")
figure.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=len(bands), frameon=False)
figure.suptitle(MARK, color="#b3261e", fontsize=10)
plt.show()

# %% [markdown]
# ## 3. Do the intervals hold what they promise?
# 区间是否可信（仅模拟数据可检验）
#
# Only a simulated city knows its true abilities. About 95 in 100 of them should lie inside their 95% interval,
# the thin ones as well: there the interval has to be wide instead.

# %%
if truth is not None:
    known = pd.read_parquet(truth / "abilities.parquet")[["teacher_id", "competency_id", "value"]]
    seen = single.merge(known, left_on=["unit_id", "competency_id"], right_on=["teacher_id", "competency_id"])
    seen["inside"] = (seen["value"] - seen["mean"]).abs() <= 1.96 * seen["sd"]
    by_band = seen.groupby("band").agg(estimates=("sd", "size"), inside=("inside", "mean"), sd=("sd", "mean"))
    display(by_band.reindex(list(bands)).round(3))
    print(f"All together: {seen['inside'].mean():.1%} inside, {MARK.lower()}")

# %% [markdown]
# ## 4. Train
# 训练：新版本只保存，不启用
#
# The new version is kept on the shelf. Nobody is served by it yet.

# %%
before = city.shelf().current()
trained = recommender.fit(city)
print(f"served now: {before or 'nothing'}; new on the shelf: {trained.version}")

# %% [markdown]
# ## 5. Judge
# 在未见过的学校上评估，与简单方法比较
#
# Every way of ranking gets the same lists of the same schools, none of which it was trained on. `observed` looks at
# what was measured later; `truth` asks a simulated city what its courses would really do. Intervals are over
# schools; a difference is paired, on the same lists.

# %%
judged = recommender.judge(city, truth=truth)
numbers = ["value", "low", "high", "difference", "difference_low", "difference_high"]
columns = ["test", "metric", "scorer", *numbers, "rival", "lists", "schools"]
table = pd.DataFrame(recommender.compare(judged), columns=columns).astype(dict.fromkeys(numbers, float))
display(table.set_index(columns[:3]).round(3))

# %% [markdown]
# ## 6. The comparison as a picture
# 比较图：点为平均值，线为 95% 区间
#
# Left: how good the lists are. Right: the difference from the rival; an interval that crosses 0 proves nothing. An
# arrow: the interval goes on. A hollow dot: no interval, because one school cannot show how much schools differ.

# %%
blue, red, grey = "#1b6ca8", "#b3541e", "#595959"
scorers = {
    "random": ("random", grey), "popularity": ("popularity", grey), "hours_owed": ("hours owed", grey),
    "self_report": ("self-report match", grey), "need_rule": ("need rule", blue),
    "served": ("served without a ranker", blue), "ranker": ("trained ranker", red),
}  # fmt: skip
asked = {
    "observed": ("ndcg@10", "Unseen schools, measured later: NDCG@10"),
    "truth": ("oracle_share@10", "Known truth: share of the gain that perfect lists bring"),
}
shown = {
    test: table[(table["test"] == test) & (table["metric"] == metric)] for test, (metric, _) in asked.items()
}
shown = {test: rows.reset_index(drop=True) for test, rows in shown.items() if len(rows)}


def draw(axes, rows, names, least, most):
    """A dot a row with its interval, first row on top; what lies beyond the picture ends in an arrow."""
    for y, (scorer, value, low, high) in enumerate(rows[["scorer", *names]].itertuples(index=False)):
        color, sure = scorers[scorer][1], np.isfinite(low)
        axes.plot(value, y, "o", color=color, mfc=color if sure else "white", ms=7, zorder=3)
        if sure:
            axes.hlines(y, max(low, least), min(high, most), color=color, lw=2)
            axes.plot(max(low, least), y, "<" if low < least else "|", color=color, ms=7)
            axes.plot(min(high, most), y, ">" if high > most else "|", color=color, ms=7)
    axes.set(xlim=(least - 0.02, most + 0.02), ylim=(len(rows) - 0.5, -0.5))
    axes.grid(axis="x", color="0.9")


if shown:
    size = (11, 0.7 + 2.9 * len(shown))
    figure, grid = plt.subplots(
        len(shown), 2, figsize=size, sharey="row", squeeze=False, layout="constrained"
    )
    figure.suptitle(MARK, color="#b3261e", fontsize=10)
for (left, right), (test, rows) in zip(grid if shown else [], shown.items(), strict=True):
    draw(left, rows, numbers[:3], 0.0, 1.0)
    far = float(np.clip(rows[numbers[3:]].abs().max(axis=None), 0.1, 0.6))
    draw(right, rows, numbers[3:], -far, far)
    right.axvline(0, color="0.4", lw=1, zorder=0)
    left.set_yticks(range(len(rows)), [scorers[s][0] for s in rows["scorer"]])
    left.set_title(f"{asked[test][1]}\nschools held out: {rows['schools'].max()}", loc="left", fontsize=10)
    right.set_title(f"difference from: {scorers[rows['rival'][0]][0]}", loc="left", fontsize=10)
plt.show()

# %% [markdown]
# ## 7. What the gate decided, in words
# 把关结论
#
# A trained ranker ranks for people only if its whole interval over the need rule lies above 0 on unseen schools.

# %%
for test, rows in shown.items():
    print(f"\n{asked[test][1]}, against {scorers[rows['rival'][0]][0]}:")
    for scorer, value, low, high in rows.loc[
        rows["scorer"] != rows["rival"], ["scorer", *numbers[3:]]
    ].values:
        verdict = "better" if low > 0 else "worse" if high < 0 else "not clearly different"
        span = (
            f"{verdict}, 95% interval {low:+.3f} to {high:+.3f}"
            if np.isfinite(low)
            else "one school proves nothing"
        )
        print(f"  {scorers[scorer][0]}: {value:+.3f}, {span}")
display(Markdown(f"**{trained.report.zh}**\n\n**{trained.report.en}**"))

# %% [markdown]
# ## 8. Keep it, or serve it
# 保存或启用；随时可以退回
#
# A person decides. `recommender models promote VERSION` serves a version later, `recommender models rollback` takes
# the last promotion back.

# %%
if PROMOTE:
    recommender.save(city, trained)
print(
    f"{trained.version}: {'served from now on' if PROMOTE else 'kept, not served'}; before: {before or 'nothing'}"
)
display(Markdown((city.bundles / trained.version / "card.md").read_text("utf-8")))
