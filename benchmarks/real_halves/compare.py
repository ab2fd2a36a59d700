"""What is compared, in which figures, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray
COVERED = {0.5: 0.6744897501960817, 0.8: 1.2815515655446004, 0.9: 1.6448536269514722}
DRAWS = 400
BASE = "shrunk"


@dataclass(frozen=True)
class Half:
    """(C, D) of one split: estimates of half A by name; SD of ours, with what half B has by chance; half B's mean.

    target may be NaN. schools (C,); seconds: what took how long.
    """

    schools: Array
    estimates: dict[str, Array]
    sd: Array
    target: Array
    seconds: dict[str, float] = field(default_factory=dict)


def profile(values: Array) -> Array:
    """Class and dimension means taken off."""
    rest = values - values.mean(axis=1, keepdims=True)
    return np.asarray(rest - rest.mean(axis=0, keepdims=True))


def figures(half: Half, name: str, rows: Array | None = None) -> tuple[float, float, float]:
    """RMSE, correlation, profile correlation; rows: classes, drawn with replacement."""
    pick = slice(None) if rows is None else rows
    x, y = half.estimates[name][pick], half.target[pick]
    mask = ~np.isnan(x) & ~np.isnan(y)
    rmse = float(np.sqrt(np.mean((x - y)[mask] ** 2)))
    if name == "grand":
        return rmse, np.nan, np.nan
    full = mask.all(axis=1)
    px, py = profile(x[full]), profile(y[full])
    return rmse, float(np.corrcoef(x[mask], y[mask])[0, 1]), float(np.corrcoef(px.ravel(), py.ravel())[0, 1])


def spread(half: Half) -> float:
    """The SD of half B's means, dimensions' means taken off."""
    return float(np.sqrt(np.nanmean((half.target - np.nanmean(half.target, axis=0)) ** 2)))


def intervals(halves: list[Half], names: list[str]) -> dict[str, Array]:
    """name -> (2, 2): 95% intervals of the differences to BASE in RMSE and in profile correlation.

    Schools are drawn, the same in all splits; of each draw the median of the splits counts.
    """
    rng = np.random.default_rng(0)
    schools = np.unique(np.concatenate([half.schools for half in halves]))
    groups = [[np.flatnonzero(half.schools == s) for s in schools] for half in halves]
    result: dict[str, list[Array]] = {name: [] for name in names}
    for _ in range(DRAWS):
        drawn = rng.integers(len(schools), size=len(schools))
        rows = [np.concatenate([mine[g] for g in drawn]) for mine in groups]
        base = np.array([figures(half, BASE, r) for half, r in zip(halves, rows, strict=True)])
        for name in names:
            mine = np.array([figures(half, name, r) for half, r in zip(halves, rows, strict=True)])
            result[name].append(np.median(mine - base, axis=0)[[0, 2]])
    return {n: np.percentile(np.array(off), [2.5, 97.5], axis=0).T for n, off in result.items()}


def coverage(halves: list[Half]) -> tuple[Array, int]:
    """How many values of half B lie within the predictive intervals of ours, by level; and how many there are."""
    counts = np.zeros(len(COVERED))
    count = 0
    for half in halves:
        mask = ~np.isnan(half.target)
        off = np.abs(half.estimates["ours"] - half.target)[mask] / half.sd[mask]
        counts += [float((off <= z).sum()) for z in COVERED.values()]
        count += len(off)
    return counts, count


def show(title: str, unit: str, halves: list[Half]) -> tuple[Array, int]:
    """Prints the medians of the splits of a case. Returns its coverage."""
    result = {n: np.array([figures(h, n) for h in halves]) for n in halves[0].estimates}
    base = result[BASE]
    sd = float(np.median([spread(h) for h in halves]))
    (c, d), schools = halves[0].target.shape, len(set(halves[0].schools))
    print(f"\n{title}: {c} x {d} in {schools} schools, {len(halves)} splits, unit {unit};", end=" ")
    print(f"SD of what is foretold {sd:.3f}")
    print(
        f"{'':11}{'RMSE':>7}{'r':>7}{'prof. r':>9}   {f'RMSE less that of {BASE} (95%)':32}"
        f"{'as a share of the SD':28}profile r"
    )
    names = [n for n in result if n not in (BASE, "grand")]
    ends = intervals(halves, names)
    for n, values in result.items():
        rmse, r, pr = np.median(values, axis=0)
        line = f"{n:11}{rmse:7.4f}" + ("" if n == "grand" else f"{r:7.3f}{pr:9.3f}")
        if n in ends:
            (low, high), (plow, phigh) = ends[n]
            off, poff = np.median(values - base, axis=0)[[0, 2]]
            line += f"   {f'{off:+.4f} ({low:+.4f} .. {high:+.4f})':32}"
            line += f"{f'{off / sd:+.3f} ({low / sd:+.3f} .. {high / sd:+.3f})':28}"
            line += f"{poff:+.3f} ({plow:+.3f} .. {phigh:+.3f})"
        print(line)
    covered_counts, count = coverage(halves)
    print(covered("predictive intervals of ours", covered_counts, count))
    taken = {name: np.median([h.seconds[name] for h in halves]) for name in halves[0].seconds}
    print("seconds a split: " + ", ".join(f"{name} {value:.1f}" for name, value in taken.items()), flush=True)
    return covered_counts, count


def covered(what: str, counts: Array, count: int) -> str:
    """One line."""
    shares = "  ".join(f"{s:.0%}: {h / count:.1%}" for s, h in zip(COVERED, counts, strict=True))
    return f"{what} hold the other half  {shares}  ({count} values)"
