"""lme4 as a baseline: many models in one call of Rscript; nothing where R or lme4 is absent."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import pandas as pd

Key = TypeVar("Key", bound=Hashable)

SCRIPT = """
suppressMessages(library(lme4))
folder <- commandArgs(TRUE)[1]
models <- read.csv(file.path(folder, "models.csv"))
for (i in seq_len(nrow(models))) {
  d <- read.csv(file.path(folder, models$data[i]), colClasses = c(y = "numeric"))
  for (g in setdiff(names(d), c("y", "prior", "w"))) d[[g]] <- factor(d[[g]])
  m <- suppressMessages(suppressWarnings(lmer(as.formula(models$formula[i]), d, REML = TRUE)))
  # the effect of a group is its own part and those of the groups around it
  r <- ranef(m, condVar = FALSE)
  parts <- strsplit(models$parts[i], " ")[[1]]
  inner <- d[!duplicated(d[[parts[1]]]), parts, drop = FALSE]
  value <- rowSums(sapply(parts, function(p) r[[p]][as.character(inner[[p]]), 1]))
  write.csv(data.frame(unit = inner[[parts[1]]], value = value),
            file.path(folder, paste0(i - 1, ".out")), row.names = FALSE)
}
"""


class Model(NamedTuple):
    """rows: y, perhaps prior, and groups. parts: what is predicted, the groups whose effects are added, inmost first,
    with a space between."""

    rows: pd.DataFrame
    formula: str
    parts: str


def there() -> bool:
    """Whether R with lme4 can be called."""
    if shutil.which("Rscript") is None:
        return False
    completed = subprocess.run(["Rscript", "-e", "library(lme4)"], capture_output=True, check=False)
    return completed.returncode == 0


def predictions(models: Mapping[Key, Model]) -> dict[Key, pd.Series]:
    """Key -> effect by unit (text)."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        listed = []
        for i, model in enumerate(models.values()):
            model.rows.to_csv(folder / f"{i}.csv", index=False)
            listed.append((f"{i}.csv", model.formula, model.parts))
        pd.DataFrame(listed, columns=["data", "formula", "parts"]).to_csv(folder / "models.csv", index=False)
        (folder / "fit.R").write_text(SCRIPT)
        subprocess.run(["Rscript", str(folder / "fit.R"), place], check=True, capture_output=True, text=True)
        predicted = {}
        for i, key in enumerate(models):
            rows = pd.read_csv(folder / f"{i}.out", dtype={"unit": str})
            predicted[key] = rows.set_index("unit")["value"]
        return predicted
