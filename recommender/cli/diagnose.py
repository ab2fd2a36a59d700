"""`recommender diagnose`: how far everybody is from target, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from recommender.cli.options import AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import progress, say, show
from recommender.pipeline import diagnose_step
from recommender.settings import Settings

BANDS = ["clear", "possible", "none", "thin"]


def diagnose(
    as_of: AsOf = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="写到别处 / write here instead")
    ] = None,
    workspace: WorkspaceDir = None,
) -> None:
    """诊断教师、教研组、学校和区的培训需求。 Diagnose needs: teachers, departments, schools, districts."""
    held = workspace_of(workspace, Settings())
    with progress() as report:
        needs = diagnose_step(held, day_of(as_of), out, report)
    counts = pd.crosstab(needs.report["unit_kind"], needs.report["band"]).reindex(columns=BANDS, fill_value=0)
    rows = [[kind, *row] for kind, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)]
    title = f"需求 / Needs, {needs.as_of}"
    headers = ["", "明确 clear", "可能 possible", "无 none", "依据不足 thin"]
    show(title, headers, rows, held.tables.made_up)
    unused = needs.components.loc[needs.components["name"] == "unused", "source"]
    if len(unused):
        say(f"未使用(没有对应能力项)/ Unused (no competency stands behind them): {'; '.join(unused)}")
    say(f"→ {out or held.scores}")
