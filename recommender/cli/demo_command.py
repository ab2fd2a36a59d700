"""`recommender demo`: the whole road, from tables to pages, with one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import pandas as pd
import typer

from features.errors import UsageError
from features.simulate import simulate
from recommender.cli.evaluate_command import show_report
from recommender.cli.options import WorkspaceDir
from recommender.cli.screen import STRIPE, progress, say
from recommender.cli.serve_command import check_port, run
from recommender.diagnosis import Progress as Report
from recommender.diagnosis import run_diagnose
from recommender.pipeline import Written, run_recommend
from recommender.settings import Settings
from recommender.tokens import issue_token
from recommender.training import run_train
from recommender.workspace.importing import import_tables
from recommender.workspace.workspace import Workspace

SEED = 1


def demo(
    teachers: Annotated[int, typer.Option("--teachers", metavar="N", min=200, max=131_000)] = 2000,
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535)] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="不启动网页 / stop before the pages")] = False,
    real: Annotated[
        bool, typer.Option("--real", help="用工作区已导入的数据 / on the tables already in the workspace")
    ] = False,
    workspace: WorkspaceDir = None,
) -> None:
    """演示全过程:从模拟数据到网页。 The whole road on a simulated district, then the pages."""
    settings = Settings()
    held = Workspace(workspace if workspace is not None else Path("demo-workspace"))
    if not no_serve:
        check_port("127.0.0.1", port)
    if not real and held.imported and not held.tables.made_up:
        raise UsageError(f"{held.root} holds real tables: run the demonstration in another --workspace")
    if real and not held.imported:
        raise UsageError(f"There are no tables in {held.root}: import them before `demo --real`")
    with progress() as report:
        if not real:
            _simulated(held.root, teachers, report)
            held = Workspace(held.root)
        run_diagnose(held, progress=report)
        trained = run_train(held, settings, progress=report)
        advised = bool(len(held.tables["courses"]))
        written = run_recommend(held, settings, progress=report) if advised else None
    show_report(trained.report, held.tables.made_up)
    say(f"→ {held.scores}")
    if written is not None:
        say(", ".join(f"{status} {n}" for status, n in written.statuses.items()))
    if not no_serve:
        teacher = _shown(held, written)
        for line in links(held, settings, teacher, f"http://127.0.0.1:{port}"):
            say(line)
        run(held.root, "127.0.0.1", port)
    elif held.tables.made_up:
        say(STRIPE)


def _simulated(root: Path, teachers: int, report: Report) -> None:
    """A simulated district, imported as anybody's tables are."""
    city = simulate(root / "simulated", teachers=teachers, seed=SEED, progress=report)
    import_tables(root, [city / "tables"], progress=report)


def _shown(workspace: Workspace, written: Written | None) -> str:
    """The first teacher whose page has both needs and courses, else the first of all."""
    if written is not None:
        outcomes = pd.read_parquet(written.outcomes)
        found = outcomes[(outcomes["unit_kind"] == "teacher") & (outcomes["status"] == "listed")]
        if len(found):
            return str(found["unit_id"].iloc[0])
    return str(workspace.tables["teachers"]["teacher_id"].iloc[0])


def links(workspace: Workspace, settings: Settings, teacher: str, base: str) -> list[str]:
    """Her page and one of her school, each with a sign-in that soon ends, and the interface."""
    teachers = workspace.tables["teachers"].set_index("teacher_id")
    school = str(teachers.at[teacher, "school_id"])
    key, minutes = settings.session_key(), settings.token_minutes
    hers = issue_token(key, "teacher", teacher, (), minutes)
    theirs = issue_token(key, "school", f"head of {school}", (school,), minutes)
    return [
        STRIPE if workspace.tables.made_up else "",
        f"教师页面 / A teacher:  {base}/teachers/{quote(teacher, safe='')}?token={hers}",
        f"学校页面 / Her school: {base}/schools/{quote(school, safe='')}?token={theirs}",
        f"接口说明 / Interface:  {base}/docs",
        f"链接 {minutes} 分钟内有效 / These links hold for {minutes} minutes. Ctrl+C 结束 / stops.",
    ]
