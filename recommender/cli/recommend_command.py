"""`recommender recommend`: one list on the screen, or all lists into files."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from features.errors import UnknownIdError, UsageError
from recommender.advice import AdviceService
from recommender.cli.options import AsJson, AsOf, Top, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, columns, emit, progress, say, show
from recommender.pipeline import Written, run_recommend
from recommender.records.standing_choices import choice_reader
from recommender.settings import Settings
from recommender.types import Advice, UnitKind
from recommender.workspace.workspace import Workspace


def recommend(
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="ID", help=bilingual("cli.help_teacher"))
    ] = None,
    school: Annotated[
        str | None, typer.Option("--school", metavar="ID", help=bilingual("cli.help_school"))
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help=bilingual("cli.help_all"))
    ] = False,
    respect_seats: Annotated[
        bool,
        typer.Option(
            "--respect-seats",
            help=bilingual("cli.help_respect_seats"),
        ),
    ] = False,
    top: Top = 10,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="F", help=".parquet .csv .xlsx")] = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Recommend courses to a teacher, a school or everybody."""
    if sum((teacher is not None, school is not None, everybody)) != 1:
        raise UsageError("cli.one_of_three")
    if respect_seats and not everybody:
        raise UsageError("cli.seats_need_all")
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    if everybody:
        with progress() as report:
            written = run_recommend(
                workspace, settings, top, day_of(as_of), out, progress=report, respect_seats=respect_seats
            )
        _print_written(written, workspace, as_json)
        return
    kind: UnitKind = "school" if teacher is None else "teacher"
    advice = _advise(workspace, settings, kind, (teacher or school) or "", top, day_of(as_of), out)
    if as_json:
        emit(asdict(advice) | {"intended": sorted(advice.intended)})
    else:
        _print(advice)


def _advise(
    workspace: Workspace, settings: Settings, kind: UnitKind, unit_id: str, top: int,
    as_of: date | None, out: Path | None,
) -> Advice:  # fmt: skip
    ids = set(workspace.tables["teachers"]["teacher_id" if kind == "teacher" else "school_id"])
    if kind == "school":
        ids |= set(workspace.tables["organizations"]["org_id"])
    if unit_id not in ids:  # before anything is trained
        raise UnknownIdError(f"lists.unknown_{kind}", unit_id=unit_id)
    with progress() as report:
        choices = choice_reader(workspace.root, settings)
        service = AdviceService(workspace, settings, as_of, report, choices=choices)
    if out is not None:
        service.write_list(kind, unit_id, top, out)
    return service.teacher_advice(unit_id, top) if kind == "teacher" else service.school_advice(unit_id, top)


def _print_written(written: Written, workspace: Workspace, as_json: bool) -> None:
    if as_json:
        content: dict[str, Any] = asdict(written)
        emit({**content, "made_up": workspace.tables.made_up})
        return
    states = written.statuses
    show(bilingual("cli.outcomes"), ["status", "n"], [[name, n] for name, n in states.items()], workspace.tables.made_up)
    say(f"{written.rows} → {written.recommendations}, {written.outcomes}")


def _print(advice: Advice) -> None:
    rows = []
    for place in advice.recommendations:
        why = "\n".join(f"{reason.zh}\n{reason.en}" for reason in place.reasons)
        gain = f"{place.gain_mean:.3f} ± {place.gain_sd:.3f}"
        mark = "≈" if place.tied_with_previous else ""
        rows.append(
            [f"{place.rank}{mark}", f"{place.course.title}\n{place.course.course_id}", gain, place.basis, why]
        )
    title = f"{advice.unit_id} · {advice.as_of} · {advice.model_version} · {advice.ranked_by}"
    headers = ["", *columns("course", "expected_gain", "basis", "why")]
    show(title, headers, rows, advice.made_up)
    if advice.status != "listed":
        say(bilingual(f"cli.status_{advice.status}"))
    if any(place.tied_with_previous for place in advice.recommendations):
        say(f"≈ {bilingual('cli.tied')}")
