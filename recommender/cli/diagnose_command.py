"""`recommender diagnose`: how far everybody is from target, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from features.errors import UsageError
from recommender.cli.options import AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import progress, say, show
from recommender.diagnosis import run_diagnose, run_diagnosis_report
from recommender.settings import Settings

BANDS = ["clear", "possible", "none", "thin"]


def diagnose(
    as_of: AsOf = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="写到别处 / write here instead")
    ] = None,
    report: Annotated[
        bool,
        typer.Option(
            "--report", help="同时检查诊断，写成网页和 JSON / check it too: a page and its JSON twin"
        ),
    ] = False,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help="报告写到 / of the report: PAGE.html or a directory"),
    ] = None,
    workspace: WorkspaceDir = None,
) -> None:
    """诊断教师、教研组、学校和区的培训需求。 Diagnose needs: teachers, departments, schools, districts."""
    if path is not None and not report:
        raise UsageError(
            f"{path}：只有 --report 才接受路径，请加上 --report 或改用 --out / a path is where --report writes to: "
            "add --report, or use --out"
        )
    held, day = workspace_of(workspace, Settings()), day_of(as_of)
    with progress() as tell:
        page = run_diagnosis_report(held, day, path or _folder(out), tell) if report else None
        needs = run_diagnose(held, day, out, tell)
    counts = pd.crosstab(needs.report["unit_kind"], needs.report["band"]).reindex(columns=BANDS, fill_value=0)
    rows = [[kind, *row] for kind, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)]
    title = f"需求 / Needs, {needs.as_of}"
    headers = ["", "明确 clear", "可能 possible", "无 none", "依据不足 thin"]
    show(title, headers, rows, held.tables.made_up)
    unused = needs.components.loc[needs.components["name"] == "unused", "source"]
    if len(unused):
        say(f"未使用(没有对应能力项)/ Unused (no competency stands behind them): {'; '.join(unused)}")
    say(f"→ {out or held.scores}")
    if page:
        say(f"→ {page[0]}, {page[1].name}")


def _folder(out: Path | None) -> Path | None:
    """The directory of `--out`, which may name a file of it."""
    return out.parent if out and out.suffix and not out.is_dir() else out
