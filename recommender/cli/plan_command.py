"""`recommender plan`: from a budget to the best plan, and what one more yuan would buy."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from features.errors import UnknownIdError
from recommender.cli.options import AsJson, AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import emit, progress, say, show
from recommender.planning.plan_report import DRAWS, PlanReport
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.registry import settings
from recommender.plans.plan_sentences import price_said, sentences
from recommender.plans.plan_tables import summary
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PlanQuestion, run_plan
from recommender.settings import Settings

LIMITS_HELP = f"限制 / limits, see docs/plans.md: {', '.join(setting.key for setting in settings())}"


def plan(
    district: Annotated[
        str, typer.Option("--district", metavar="ID", help="区(或市、校)代码 / organization")
    ],
    budget: Annotated[float, typer.Option("--budget", metavar="YUAN", help="预算,元 / in yuan")],
    limits: Annotated[
        Path | None, typer.Option("--limits", metavar="F.toml", help=LIMITS_HELP)
    ] = None,
    as_of: AsOf = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="写到别处 / write here instead")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="随机种子 / of lots and draws")] = 0,
    draws: Annotated[
        int, typer.Option("--draws", min=0, max=1000, help="稳定性重算次数 / solves for stability")
    ] = DRAWS,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="求解最长用时 / stop solving after so long")
    ] = float("inf"),
    as_json: AsJson = False,
    workspace: WorkspaceDir = None,
) -> None:
    """把预算变成培训方案。 Turn a budget into the best plan. Ctrl+C keeps the best plan so far."""
    settings = Settings()
    asked = Limits() if limits is None else Limits.read(limits)
    held = workspace_of(workspace, settings)
    if district not in set(held.tables["organizations"]["org_id"]):
        raise UnknownIdError(
            f"No organization has the id {district!r}: check it against the organizations table"
        )
    question = PlanQuestion(district, budget, asked, seed, draws)
    with progress() as report, _stoppable() as stopped:
        planner = Planner(held, settings, day_of(as_of), report)
        told, folder = run_plan(planner, question, out, seconds, lambda: bool(stopped), report)
    if as_json:
        emit({**summary(told), "folder": str(folder)})
    else:
        _print(told, folder)
    if told.status == "infeasible":
        raise typer.Exit(1)


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """The first Ctrl+C asks for the best plan so far, the second stops at once."""
    asked: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    try:
        signal.signal(signal.SIGINT, stop)
    except ValueError:  # not in the main thread: whoever runs us handles it
        yield asked
        return
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _print(told: PlanReport, folder: Path) -> None:
    for said in sentences(told):
        say(said.zh)
        say(said.en)
    if told.lines:
        rows = [
            [line.course_id, line.title, line.seats, f"{line.cost:,.0f}",
             "" if line.expected_gain is None else f"{line.expected_gain:.2f}",
             "" if line.open_share is None else f"{line.open_share:.0%}"]
            for line in sorted(told.lines, key=lambda line: -(line.expected_gain or 0.0))[:15]
        ]  # fmt: skip
        headers = ["course", "课程", "名额 seats", "费用 cost", "收获 gain", "重算 redrawn"]
        show(f"{told.plan_id} · {told.as_of}", headers, rows, told.made_up)
        for price in told.prices[:5]:
            words = price_said(told, price)
            say(f"{words.zh} / {words.en}")
    say(f"→ {folder}")
