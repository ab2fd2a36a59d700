"""What others would use, on a cut that benchmarks/real_enrolments.py wrote: each tuned on an inner cut.

    python benchmarks/enrolment_peers.py DIR        reads DIR/cut.json, writes DIR/peer_NAME.npy (learners, 10)

Needs implicit, rectools and torch in the interpreter that runs it; the project itself uses none of them.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

warnings.filterwarnings("ignore")
AT = 10
Lists = list[list[int]]


def matrix(lists: Lists, courses: int) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(len(lists)), [len(history) for history in lists])
    columns = np.concatenate([np.array(history, int) for history in lists])
    return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(lists), courses))


def best(scores: np.ndarray, taken: sparse.csr_matrix) -> np.ndarray:
    scores = np.array(scores, dtype=np.float64)
    scores[taken.nonzero()] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :AT]


def ndcg(gain: np.ndarray, hidden: Lists) -> float:
    discount = 1.0 / np.log2(np.arange(AT) + 2.0)
    values = [
        (np.isin(row, rows) * discount).sum() / discount[: len(rows)].sum()
        for row, rows in zip(gain, hidden, strict=True)
        if rows
    ]
    return float(np.mean(values))


def popularity(lists: Lists, courses: int) -> np.ndarray:
    taken = matrix(lists, courses)
    return best(np.tile(np.asarray(taken.sum(axis=0)), (len(lists), 1)), taken)


def ease(lists: Lists, courses: int, ridge: float) -> np.ndarray:
    taken = matrix(lists, courses).astype(np.float64)
    gram = (taken.T @ taken).toarray()
    gram[np.diag_indices(courses)] += ridge
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    weights[np.diag_indices(courses)] = 0
    return best(taken @ weights, taken)


def gfcf(lists: Lists, courses: int, factors: int, ideal: float) -> np.ndarray:
    taken = matrix(lists, courses).astype(np.float64)
    people = np.maximum(np.asarray(taken.sum(axis=1)).ravel(), 1)
    items = np.maximum(np.asarray(taken.sum(axis=0)).ravel(), 1)
    normal = sparse.diags(people**-0.5) @ taken @ sparse.diags(items**-0.5)
    linear = (normal.T @ normal).toarray()
    low = np.linalg.eigh(linear)[1][:, -factors:]
    weights = linear + ideal * (items[:, None] ** -0.5) * (low @ low.T) * (items[None, :] ** 0.5)
    return best(taken @ weights, taken)


def covisits(lists: Lists, courses: int, fade: float, step: float, power: float) -> np.ndarray:
    after = np.zeros((courses, courses))
    for rows in lists:
        for i, one in enumerate(rows):
            for j in range(i + 1, min(len(rows), i + 41)):
                after[one, rows[j]] += step ** (j - i - 1)
    after = (
        after
        / np.maximum(after.sum(1, keepdims=True), 1)
        / np.maximum(after.sum(0, keepdims=True), 1) ** power
    )
    taken = matrix(lists, courses)
    query = taken.astype(np.float64).tolil()
    for row, rows in enumerate(lists):
        for i, course in enumerate(rows):
            query[row, course] = fade ** (len(rows) - 1 - i)
    return best(query.tocsr() @ after, taken)


def of_implicit(make: Callable[[], object], weight: float = 1.0) -> Callable[[Lists, int], np.ndarray]:
    def run(lists: Lists, courses: int) -> np.ndarray:
        taken = matrix(lists, courses)
        model = make()
        model.fit(taken * weight, show_progress=False)  # type: ignore[attr-defined]
        users = np.arange(len(lists))
        return np.asarray(model.recommend(users, taken, N=AT, filter_already_liked_items=True)[0])  # type: ignore[attr-defined]

    return run


def sasrec(lists: Lists, courses: int, factors: int, epochs: int, loss: str, dropout: float) -> np.ndarray:
    import pandas as pd
    import torch
    from pytorch_lightning import Trainer, seed_everything
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.models import SASRecModel

    seed_everything(1, workers=True)
    torch.set_num_threads(2)
    rows = [
        (u, c, 1.0, pd.Timestamp("2025-01-01") + pd.Timedelta(days=i))
        for u, courses_taken in enumerate(lists)
        for i, c in enumerate(courses_taken)
    ]
    frame = pd.DataFrame(rows, columns=[Columns.User, Columns.Item, Columns.Weight, Columns.Datetime])
    data = Dataset.construct(frame)

    def trainer() -> Trainer:
        return Trainer(
            max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, deterministic=True,
        )  # fmt: skip

    model = SASRecModel(
        n_factors=factors, n_blocks=2, n_heads=2, session_max_len=50, dropout_rate=dropout, lr=1e-3, loss=loss,
        batch_size=256, train_min_user_interactions=2, get_trainer_func=trainer, recommend_torch_device="cpu",
    )  # fmt: skip
    model.fit(data)
    losses = model.recommend(
        users=[u for u, courses_taken in enumerate(lists) if courses_taken], dataset=data, k=AT, filter_viewed=True,
        on_unsupported_targets="ignore",
    )  # fmt: skip
    scores = popularity(lists, courses)
    for user, group in losses.groupby(Columns.User):
        scores[user, : len(group)] = group.sort_values(Columns.Rank)[Columns.Item].to_numpy()
    return scores


def main() -> None:
    place = Path(sys.argv[1])
    cut = json.loads((place / "cut.json").read_text())
    lists, courses, ordered = cut["lists"], cut["courses"], cut["ordered"]
    rng = np.random.default_rng(3)
    mixed = lists if ordered else [list(rng.permutation(scores)) for scores in lists]
    hide = [max(round(0.2 * len(scores)), 1) if len(scores) > 1 else 0 for scores in mixed]
    inner = [scores[: len(scores) - k] for scores, k in zip(mixed, hide, strict=True)]
    hidden = [scores[len(scores) - k :] if k else [] for scores, k in zip(mixed, hide, strict=True)]
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import BM25Recommender

    def als(factors: int, reg: float, alpha: float) -> Callable[[Lists, int], np.ndarray]:
        return of_implicit(
            lambda: AlternatingLeastSquares(
                factors, regularization=reg, iterations=20, random_state=1, num_threads=2
            ), alpha,
        )  # fmt: skip

    def bpr(factors: int, rounds: int) -> Callable[[Lists, int], np.ndarray]:
        return of_implicit(
            lambda: BayesianPersonalizedRanking(
                factors, learning_rate=0.05, iterations=rounds, random_state=1, num_threads=1
            )
        )

    many = len(lists) * courses > 10_000_000
    grids: dict[str, Sequence[Callable[[Lists, int], np.ndarray]]] = {
        "popularity": [popularity],
        "implicit BM25": [of_implicit(lambda k=k, b=b: BM25Recommender(k, B=b)) for k in (50, 200) for b in (0.2, 0.8)],
        "implicit ALS": [als(f, r, a) for f in (32, 64, 128) for r, a in ((0.1, 1.0), (0.1, 5.0), (1.0, 10.0))],
        "implicit BPR": [bpr(f, n) for f in (32, 64) for n in (100, 300)],
        "EASE": [lambda x, c, r=r: ease(x, c, r) for r in (30.0, 60.0, 200.0, 600.0, 1500.0)],
        "GF-CF": [lambda x, c, f=f, a=a: gfcf(x, c, f, a) for f in (64, 128, 256) if f < courses for a in (0.1, 0.3)],
        "directed co-visitation": [
            lambda x, c, f=f, s=s, p=p: covisits(x, c, f, s, p)
            for f in (0.6, 0.8) for s in (0.8, 1.0) for p in (0.0, 0.3, 0.5)
        ][: 2 if many else None],
        "RecTools SASRec": [
            lambda x, c, f=f, e=e, d=d: sasrec(x, c, f, e, "softmax", d)
            for f, e, d in (((64, 3, 0.2),) if many else ((64, 15, 0.3), (128, 15, 0.3), (128, 30, 0.5)))
        ],
    }  # fmt: skip
    for name, grid in grids.items():
        began = time.perf_counter()
        values = [ndcg(run(inner, courses), hidden) for run in grid] if len(grid) > 1 else [0.0]
        result = grid[int(np.argmax(values))](mixed, courses)
        np.save(place / f"peer_{name}.npy", result)
        row = f"variant {int(np.argmax(values)) + 1} of {len(grid)}, {time.perf_counter() - began:.0f} s"
        print(f"{name:24}inner {np.round(values, 4).tolist()}, {row}", flush=True)


if __name__ == "__main__":
    main()
