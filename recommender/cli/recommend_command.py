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
from recommender.cli.screen import emit, progress, say, show
from recommender.pipeline import Written, run_recommend
from recommender.settings import Settings
from recommender.types import Advice, UnitKind
from recommender.workspace.workspace import Workspace


def recommend(
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="ID", help="一位教师 / one teacher")
    ] = None,
    school: Annotated[
        str | None, typer.Option("--school", metavar="ID", help="一所学校 / one school")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="所有教师和学校 / all teachers and schools")
    ] = False,
    respect_seats: Annotated[
        bool,
        typer.Option(
            "--respect-seats",
            help="要发出去的列表：每门课不超过座位数 / lists to send out: no course on more lists than it has seats",
        ),
    ] = False,
    top: Top = 10,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="F", help=".parquet .csv .xlsx")] = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """为教师或学校推荐课程。 Recommend courses to a teacher, a school or everybody."""
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
        emit(asdict(advice))
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
        service = AdviceService(workspace, settings, as_of, report)
    if out is not None:
        service.write_list(kind, unit_id, top, out)
    return service.teacher_advice(unit_id, top) if kind == "teacher" else service.school_advice(unit_id, top)


def _print_written(written: Written, workspace: Workspace, as_json: bool) -> None:
    if as_json:
        content: dict[str, Any] = asdict(written)
        emit({**content, "made_up": workspace.tables.made_up})
        return
    states = written.statuses
    show("结果 / Outcomes", ["status", "n"], [[name, n] for name, n in states.items()], workspace.tables.made_up)
    say(f"{written.rows} → {written.recommendations}, {written.outcomes}")


_STATUS = {
    "listed": "",
    "thin": "依据不足 / thin evidence",
    "no_course": "没有符合条件的课程 / no course is open",
    "met": "目前没有明显短板 / no clear gap now",
}


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
    headers = ["", "课程 course", "预计提高 gain (SD)", "依据 basis", "理由 why"]
    show(title, headers, rows, advice.made_up)
    if _STATUS[advice.status]:
        say(_STATUS[advice.status])
    if any(place.tied_with_previous for place in advice.recommendations):
        say("≈ 与上一门相差在误差之内 / within error of the one above")
