"""Can the needs of teachers of unseen schools be ranked from what a questionnaire tells beside them? (TALIS 2018)

    python benchmarks/talis_needs.py FOLDER [--repeats 3]

FOLDER holds teachers.csv.gz (a public subset of the OECD teacher file; never copied). 14 areas of training need,
wanted = moderate or high (3, 4). Schools are held out (5 folds, repeated with other folds); within the training
schools an inner cut by school chooses the strength of each model. Popularity by country saturates NDCG, so what is
judged is macro-AUC (over areas) and the correlation after taking off each teacher's and each area's mean: who needs
what more than others do. Everything about TT3G27 itself is left out of what is known.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.metrics import roc_auc_score

AREAS = [f"TT3G27{letter}" for letter in "ABCDEFGHIJKLMN"]
STRENGTHS = (100.0, 300.0, 1000.0, 3000.0)
Model = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def read(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]:
    if not path.exists():
        raise SystemExit(f"{path} is absent: give the folder that holds teachers.csv.gz")
    rows = pd.read_csv(path, low_memory=False)
    need = rows[AREAS].apply(pd.to_numeric, errors="coerce")
    need = need.where((need >= 1) & (need <= 4))
    columns = [c for c in rows if c.startswith(("TT3G", "T3")) and not c.startswith("TT3G27")]
    columns = [c for c in columns if not c.startswith("T3PD") or c.startswith("T3PDBAR")]  # scales made of TT3G27
    frame = rows[columns].apply(pd.to_numeric, errors="coerce")
    largest = frame.max()
    for column in frame:
        top = largest[column]
        if top in (9, 99, 999, 9999):
            frame[column] = frame[column].where(
                frame[column] < {9: 6, 99: 96, 999: 996, 9999: 9996}[int(top)]
            )
    frame = frame.loc[:, frame.notna().mean() > 0.5]
    return (
        frame,
        need,
        rows["IDCNTPOP"].astype(str) + "|" + rows["IDSCHOOL"].astype(str),
        rows["IDCNTRY" if "IDCNTRY" in rows else "IDCNTPOP"],
    )


def prepared(known: pd.DataFrame, country: pd.Series, train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = pd.get_dummies(country).to_numpy(float)
    x = known.to_numpy(float)
    mean = np.nanmean(np.where(np.isnan(x[train]).all(axis=0), 0.0, x[train]), axis=0)
    sd = np.nanstd(x[train], axis=0)
    x = np.where(np.isnan(x), 0.0, (x - mean) / np.where(sd > 1e-9, sd, 1.0))
    return np.clip(x, -4, 4), codes


def popularity(
    x: np.ndarray, c: np.ndarray, y: np.ndarray, train: np.ndarray, school: np.ndarray
) -> np.ndarray:
    mask = ~np.isnan(y[train])
    total = c[train].T @ np.nan_to_num(y[train])
    mean = (total + 5 * np.nanmean(y[train], axis=0)) / (c[train].T @ mask + 5)
    return c @ mean


def ridge_at(strength: float, rank: int | None = None) -> Model:
    def model(
        x: np.ndarray, c: np.ndarray, y: np.ndarray, train: np.ndarray, school: np.ndarray
    ) -> np.ndarray:
        base = popularity(x, c, y, train, school)
        left = np.nan_to_num(y - base)
        weights = np.linalg.solve(
            x[train].T @ x[train] + strength * np.eye(x.shape[1]), x[train].T @ left[train]
        )
        if rank:
            fit = x[train] @ weights
            direction = np.linalg.svd(fit - fit.mean(axis=0), full_matrices=False)[2][:rank]
            weights = weights @ direction.T @ direction
        return base + x @ weights

    return model


def trees(x: np.ndarray, c: np.ndarray, y: np.ndarray, train: np.ndarray, school: np.ndarray) -> np.ndarray:
    base = popularity(x, c, y, train, school)
    forest = ExtraTreesRegressor(400, min_samples_leaf=8, max_features=0.15, random_state=0, n_jobs=2)
    forest.fit(np.c_[x, c][train], np.nan_to_num(y - base)[train])
    return base + forest.predict(np.c_[x, c])


def tuned(models: list[Model]) -> Model:
    """The variant that an inner cut by school finds best."""

    def model(
        x: np.ndarray, c: np.ndarray, y: np.ndarray, train: np.ndarray, school: np.ndarray
    ) -> np.ndarray:
        names = np.unique(school[train])
        validation = np.isin(school, names[::4]) & train
        values = [sum(judge(m(x, c, y, train & ~validation, school)[validation], y[validation])) for m in models]
        return models[int(np.argmax(values))](x, c, y, train, school)

    return model


def together(*models: Model) -> Model:
    return lambda x, c, y, train, school: np.mean([m(x, c, y, train, school) for m in models], axis=0)


def judge(scores: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Macro-AUC of need >= 3 and the double-centred correlation."""
    aucs = []
    for k in range(y.shape[1]):
        mask = ~np.isnan(y[:, k])
        target = y[mask, k] >= 3
        if 0 < target.sum() < len(target):
            aucs.append(roc_auc_score(target, scores[mask, k]))
    everyone = ~np.isnan(y).any(axis=1)

    def centred(z: np.ndarray) -> np.ndarray:
        z = z[everyone]
        return z - z.mean(axis=0) - z.mean(axis=1, keepdims=True) + z.mean()

    a, b = centred(scores).ravel(), centred(y).ravel()
    return float(np.mean(aucs)), float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--repeats", type=int, default=3)
    options = ask.parse_args()
    frame, need, school, country = read(options.folder / "teachers.csv.gz")
    keep = need.notna().sum(axis=1) >= 7
    frame, need, school, country = frame[keep], need[keep], school[keep], country[keep]
    y, name = need.to_numpy(float), school.to_numpy(object)
    print(f"{len(y)} teachers, {len(set(name))} schools, {frame.shape[1]} columns known")
    ridge = tuned([ridge_at(s) for s in STRENGTHS])
    low = tuned([ridge_at(s, r) for s in STRENGTHS for r in (2, 4, 6)])
    models: dict[str, Model] = {
        "country popularity": popularity, "ridge": ridge, "low-rank ridge": low, "trees": trees,
        "ours: low-rank ridge + trees": together(low, trees),
    }  # fmt: skip
    values: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
    for repeat in range(options.repeats):
        fold = np.random.default_rng(repeat).integers(0, 5, len(set(name)))[
            np.unique(name, return_inverse=True)[1]
        ]
        results = {label: np.zeros(y.shape) for label in models}
        for k in range(5):
            train = fold != k
            x, c = prepared(frame, country, train)
            for label, model in models.items():
                results[label][~train] = model(x, c, y, train, name)[~train]
        for label in models:
            values[label].append(judge(results[label], y))
    ours = np.array(values["ours: low-rank ridge + trees"])
    for label, scores in values.items():
        mean, gap = np.mean(scores, axis=0), (ours - np.array(scores)).mean(axis=0)
        print(
            f"{label:30} macro-AUC {mean[0]:.3f}  double-centred r {mean[1]:.3f}   ours - it {gap[0]:+.3f} {gap[1]:+.3f}"
        )


if __name__ == "__main__":
    main()
