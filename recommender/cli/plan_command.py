"""`recommender plan`: from a budget to the best plan, and what one more yuan would buy."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from features.errors import UnavailableError, UnknownIdError
from recommender.cli.options import AsJson, AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, columns, emit, progress, say, say_age, show
from recommender.data_age import data_age
from recommender.date_of_data import date_of_data
from recommender.planning.plan_report import DRAWS, PlanReport
from recommender.planning.problem.constraint_registry import settings
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_jobs import PlanInputs
from recommender.plans.plan_sentences import price_sentence, sentences
from recommender.plans.plan_store import PlanStore
from recommender.plans.plan_tables import summary
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PlanQuestion, plans_folder, run_plan
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

LIMITS_HELP = f"{bilingual('cli.help_limits')}: {', '.join(setting.key for setting in settings())}"


def plan(
    district: Annotated[
        str, typer.Option("--district", metavar="ID", help=bilingual("cli.help_district"))
    ],
    budget: Annotated[float, typer.Option("--budget", metavar="YUAN", help=bilingual("cli.help_budget"))],
    limits: Annotated[
        Path | None,
        typer.Option("--limits", metavar="F.toml", help=LIMITS_HELP),
    ] = None,
    as_of: AsOf = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help=bilingual("cli.help_out"))
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help=bilingual("cli.help_plan_seed"))] = 0,
    draws: Annotated[
        int, typer.Option("--draws", min=0, max=1000, help=bilingual("cli.help_draws"))
    ] = DRAWS,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help=bilingual("cli.help_seconds"))
    ] = float("inf"),
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Turn a budget into the best plan. Ctrl+C keeps the best plan so far."""
    settings = Settings()
    parsed_limits = Limits() if limits is None else Limits.read(limits)
    workspace = workspace_of(workspace_dir, settings)
    if district not in set(workspace.tables["organizations"]["org_id"]):
        raise UnknownIdError("lists.unknown_organization", org_id=district)
    question = PlanQuestion(district, budget, parsed_limits, seed, draws, today=day_of(as_of) or settings.day())
    with progress() as report, _stoppable() as stopped:
        planner = Planner(workspace, settings, day_of(as_of), report)
        question = replace(question, choices=planner.choices_digest(district, question.today))
        result, folder = run_plan(planner, question, out, seconds, lambda: bool(stopped), report)
    if out is None:
        version = ServedVersion(workspace.fingerprint, result.as_of, result.model_version)
        _record(workspace, settings, result.plan_id, PlanInputs.of(question, version))
    tables = planner.ready.snapshot.tables
    age = data_age(tables["courses"], date_of_data(tables, planner.as_of), result.today, settings.stale_days)
    if as_json:
        emit({**summary(result), "folder": str(folder), "age": age.as_json()})
    else:
        _print(result, folder)
        say_age(age, ("dates.old",))  # the plan's own sentences say the rest
    if result.status == "infeasible":
        raise typer.Exit(1)


def _record(workspace: Workspace, settings: Settings, plan_id: str, inputs: PlanInputs) -> None:
    """Its row in the records; where these cannot be written now, the first look at the plans makes it."""
    records = RecordStore.of(workspace.root, settings)
    try:
        with suppress(UnavailableError, OSError):
            PlanStore(plans_folder(workspace), records).finished.register(plan_id, inputs)
    finally:
        records.close()


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """The first Ctrl+C asks for the best plan so far, the second stops at once."""
    interrupts: list[int] = []
    previous_handler = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: object) -> None:
        if interrupts:
            raise KeyboardInterrupt
        interrupts.append(number)

    try:
        signal.signal(signal.SIGINT, stop)
    except ValueError:  # not in the main thread: whoever runs us handles it
        yield interrupts
        return
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, previous_handler)


def _print(result: PlanReport, folder: Path) -> None:
    for sentence in sentences(result):
        say(sentence.zh)
        say(sentence.en)
    if result.lines:
        rows = [
            [line.course_id, line.title, line.seats, f"{line.cost:,.0f}",
             "" if line.expected_gain is None else f"{line.expected_gain:.2f}",
             "" if line.open_share is None else f"{line.open_share:.0%}"]
            for line in sorted(result.lines, key=lambda line: -(line.expected_gain or 0.0))[:15]
        ]  # fmt: skip
        headers = ["course", *columns("title", "seats", "cost", "gain", "redrawn")]
        show(f"{result.plan_id} · {result.as_of}", headers, rows, result.made_up)
        for price in result.prices[:5]:
            words = price_sentence(result, price)
            say(f"{words.zh} / {words.en}")
    say(f"→ {folder}")
