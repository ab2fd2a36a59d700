"""Half of what was measured foretells the other half: are the estimates better than what is used instead?

    python benchmarks/real_halves star
    python benchmarks/real_halves star starplus timss gti --data DIR [DIR ...]

star, starplus, timss: pupils of a class in two halves (classes.py). gti: one lesson and another (lessons.py). Printed
of each case: RMSE and correlation, the correlation of profiles, differences to `shrunk` (each dimension shrunk alone)
with 95% intervals from resampling schools, and how often predictive intervals of ours hold; medians of the splits. lme4
takes part where Rscript and lme4 are installed.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import classes
import lessons
import lme4
import numpy as np
from compare import COVERED, Half, covered, show

FILES = {"starplus": "STARplus.csv.gz", "timss": "ast*m7.csv.gz", "gti": "GTI-VidComp-Data.csv.gz"}


def folder_of(name: str, folders: list[Path]) -> Path:
    """Where the files of a case are."""
    result = next((f for f in folders if any(f.glob(FILES[name]))), None)
    if result is None:
        raise SystemExit(
            f"{name}: no {FILES[name]} in {', '.join(map(str, folders)) or '--data'}; name its directory"
        )
    return result


def halves(name: str, folders: list[Path], seeds: list[int], with_lme4: bool) -> list[Half]:
    """A split for each seed."""
    if name == "gti":
        run = partial(lessons.split, lessons.read(folder_of(name, folders)))
    else:
        case = classes.star() if name == "star" else classes.CASES[name](folder_of(name, folders))
        run = partial(classes.split, case)
    return [run(seed, with_lme4) for seed in seeds]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("cases", nargs="*", default=["star"], choices=[*classes.CASES, "gti"])
    ask.add_argument("--data", type=Path, nargs="+", default=[], help="directories of the real files")
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    args = ask.parse_args()
    with_lme4 = lme4.there()
    if not with_lme4:
        print("Rscript with lme4 is not installed: without that baseline")
    covered_counts, count = np.zeros(len(COVERED)), 0
    for name in args.cases:
        results = halves(name, args.data, args.seeds, with_lme4)
        unit = "SD of one rating in its country" if name == "gti" else "pupil-SD"
        held_here, count_here = show(name, unit, results)
        covered_counts, count = covered_counts + held_here, count + count_here
    if len(args.cases) > 1:
        print("\n" + covered("all cases: predictive intervals of ours", covered_counts, count))


if __name__ == "__main__":
    main()
