"""`recommender demo`: all steps from tables to pages with one command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import pandas as pd
import typer

from features.errors import UsageError
from features.simulate import simulate
from recommender.cli.evaluate_command import show_report
from recommender.cli.options import WorkspaceDir
from recommender.cli.recommend_command import say_closed
from recommender.cli.screen import STRIPE, bilingual, progress, say
from recommender.cli.serve_command import check_port, run
from recommender.diagnosis import Progress as Report
from recommender.diagnosis import default_as_of, run_diagnose
from recommender.pipeline import Written, run_recommend
from recommender.privacy.terms import need_expires_on
from recommender.settings import Settings
from recommender.tokens import issue_token
from recommender.training import run_train
from recommender.workspace.importing import Mode, import_tables
from recommender.workspace.workspace import Workspace

SEED = 1


def demo(
    teachers: Annotated[int, typer.Option("--teachers", metavar="N", min=200, max=131_000)] = 2000,
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535)] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help=bilingual("cli.help_no_serve"))] = False,
    real: Annotated[
        bool, typer.Option("--real", help=bilingual("cli.help_real"))
    ] = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """All steps on a simulated district, then the pages."""
    settings = Settings()
    workspace = Workspace(workspace_dir if workspace_dir is not None else Path("demo-workspace"))
    if not no_serve:
        check_port("127.0.0.1", port)
    if not real and workspace.imported and not workspace.tables.made_up:
        raise UsageError("cli.demo_on_real_tables", workspace=workspace.root)
    if real and not workspace.imported:
        raise UsageError("cli.demo_without_tables", workspace=workspace.root)
    with progress() as report:
        if not real:
            _simulated(workspace.root, teachers, report)
            workspace = Workspace(workspace.root)
        settings = settings_of_day(workspace, settings)
        run_diagnose(workspace, progress=report)
        trained = run_train(workspace, settings, progress=report)
        advised = bool(len(workspace.tables["courses"]))
        written = run_recommend(workspace, settings, progress=report) if advised else None
    show_report(trained.report, workspace.tables.made_up)
    say(f"→ {workspace.scores}")
    if written is not None:
        say(", ".join(f"{status} {n}" for status, n in written.statuses.items()))
        say_closed(written)
    if not no_serve:
        teacher = _example_teacher(workspace, written)
        for line in links(workspace, settings, teacher, f"http://127.0.0.1:{port}"):
            say(line)
        run(workspace.root, "127.0.0.1", port)
    elif workspace.tables.made_up:
        say(STRIPE)


def _simulated(root: Path, teachers: int, report: Report) -> None:
    """A simulated district, imported like real tables."""
    city = simulate(root / "simulated", teachers=teachers, seed=SEED, progress=report)
    import_tables(root, [city / "tables"], progress=report, mode=Mode.REPLACE)


def settings_of_day(workspace: Workspace, settings: Settings) -> Settings:
    """Simulated tables have fixed dates: once their needs would have expired, today is the day of the tables, here and in the
    server that is started."""
    as_of = default_as_of(workspace.tables)
    if not workspace.tables.made_up or settings.day() <= need_expires_on(as_of):
        return settings
    os.environ["RECOMMENDER_TODAY"] = as_of.isoformat()
    say(bilingual("privacy.demo_day", day=as_of))
    return Settings()


def _example_teacher(workspace: Workspace, written: Written | None) -> str:
    """The first teacher whose page has both needs and courses, else the first of all."""
    if written is not None:
        outcomes = pd.read_parquet(written.outcomes)
        with_list = outcomes[(outcomes["unit_kind"] == "teacher") & (outcomes["status"] == "listed")]
        if len(with_list):
            return str(with_list["unit_id"].iloc[0])
    return str(workspace.tables["teachers"]["teacher_id"].iloc[0])


def links(workspace: Workspace, settings: Settings, teacher: str, base: str) -> list[str]:
    """The lines with her page and her school's, each with a short-lived token, and the interface."""
    teachers = workspace.tables["teachers"].set_index("teacher_id")
    school = str(teachers.at[teacher, "school_id"])
    key, minutes = settings.session_key(), settings.token_minutes
    teacher_token = issue_token(key, "teacher", teacher, (), minutes)
    school_token = issue_token(key, "school", f"head of {school}", (school,), minutes)
    return [
        STRIPE if workspace.tables.made_up else "",
        f"{bilingual('cli.teacher_page')}:  {base}/teachers/{quote(teacher, safe='')}?token={teacher_token}",
        f"{bilingual('cli.school_page')}: {base}/schools/{quote(school, safe='')}?token={school_token}",
        f"{bilingual('cli.interface')}:  {base}/docs",
        f"{bilingual('cli.links_valid', minutes=minutes)}. Ctrl+C {bilingual('cli.stops')}.",
    ]
