"""`recommender recommend`: one list on the screen, or all lists into files."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from features.errors import UnknownIdError, UsageError
from recommender.advice import AdviceService
from recommender.cli.options import AsJson, AsOf, Top, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, columns, emit, progress, say, say_age, show
from recommender.data_age import DataAge
from recommender.pipeline import Written, run_recommend
from recommender.prepared.prepare import Prepared, run_prepare
from recommender.records.audit_lines import record_bulk_command, record_command
from recommender.records.record_store import RecordStore
from recommender.records.standing_choices import choice_reader
from recommender.settings import Settings
from recommender.types import Advice, UnitKind
from recommender.workspace.import_history import user_name
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
    prepare: Annotated[bool, typer.Option("--prepare", help=bilingual("prepared.help"))] = False,
    respect_seats: Annotated[
        bool,
        typer.Option(
            "--respect-seats",
            help=bilingual("cli.help_respect_seats"),
        ),
    ] = False,
    top: Top = 10,
    as_of: AsOf = None,
    open_on: Annotated[
        datetime | None,
        typer.Option("--open-on", formats=["%Y-%m-%d"], metavar="DATE", help=bilingual("cli.help_open_on")),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="F", help=".parquet .csv .xlsx")] = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Recommend courses to a teacher, a school or everybody."""
    if sum((teacher is not None, school is not None, everybody, prepare)) != 1:
        raise UsageError("cli.one_of_three")
    if respect_seats and not everybody:
        raise UsageError("cli.seats_need_all")
    if open_on and not (everybody or prepare):
        raise UsageError("cli.open_on_needs_all")
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    if everybody:
        people = len(workspace.tables["teachers"])
        record_bulk_command(workspace.root, settings, user_name(), "recommender recommend --all", people, "lists by command")
        with progress() as report:
            written = run_recommend(
                workspace, settings, top, day_of(as_of), out, progress=report, respect_seats=respect_seats,
                open_on=day_of(open_on),
            )  # fmt: skip
        _print_written(written, workspace, as_json)
        return
    if prepare:
        with progress() as report:
            _print_prepared(run_prepare(workspace, settings, top, day_of(open_on), report), as_json)
        return
    kind: UnitKind = "school" if teacher is None else "teacher"
    advice, age = _advise(workspace, settings, kind, (teacher or school) or "", top, day_of(as_of), out)
    if as_json:
        emit(asdict(advice) | {"intended": sorted(advice.intended), "age": age.as_json()})
    else:
        _print(advice, age)


def _leave_audit_line(workspace: Workspace, settings: Settings, teacher_id: str) -> None:
    """A list of one person that is read by command is a read of a person, too."""
    store = RecordStore.of(workspace.root, settings)
    try:
        record_command(store.open(), user_name(), "recommender recommend", "teacher", teacher_id, "list by command")
    finally:
        store.close()


def _advise(
    workspace: Workspace, settings: Settings, kind: UnitKind, unit_id: str, top: int,
    as_of: date | None, out: Path | None,
) -> tuple[Advice, DataAge]:  # fmt: skip
    ids = set(workspace.tables["teachers"]["teacher_id" if kind == "teacher" else "school_id"])
    if kind == "school":
        ids |= set(workspace.tables["organizations"]["org_id"])
    if unit_id not in ids:  # before anything is trained
        raise UnknownIdError(f"lists.unknown_{kind}", unit_id=unit_id)
    if kind == "teacher":
        _leave_audit_line(workspace, settings, unit_id)
    with progress() as report:
        choices = choice_reader(workspace.root, settings)
        service = AdviceService(workspace, settings, as_of, report, choices=choices)
    service.age.refuse_expired()
    if out is not None:
        service.write_list(kind, unit_id, top, out)
    advise = service.teacher_advice if kind == "teacher" else service.school_advice
    return advise(unit_id, top), service.age


def _print_written(written: Written, workspace: Workspace, as_json: bool) -> None:
    if as_json:
        content: dict[str, Any] = asdict(written) | {"age": written.age.as_json()}
        emit({**content, "made_up": workspace.tables.made_up})
        return
    states = written.statuses
    show(bilingual("cli.outcomes"), ["status", "n"], [[name, n] for name, n in states.items()], workspace.tables.made_up)
    say(f"{written.rows} → {written.recommendations}, {written.outcomes}")
    say_closed(written)


def _print_prepared(prepared: Prepared, as_json: bool) -> None:
    if as_json:
        emit(asdict(prepared))
        return
    say(bilingual("prepared.written", teachers=prepared.teachers, day=prepared.open_on,
                  megabytes=round(prepared.bytes / 1e6, 1), folder=prepared.folder))  # fmt: skip


def say_closed(written: Written) -> None:
    """How many rows of a file name courses that are not open today, and how old the data are."""
    if written.closed_rows:
        today = written.age.open_on
        say(bilingual("dates.file_closed", rows=written.rows, closed=written.closed_rows, today=today))
    say_age(written.age, ("dates.old",))


def _print(advice: Advice, age: DataAge) -> None:
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
    if advice.closed:
        say(bilingual("dates.all_closed", as_of=advice.as_of, today=age.open_on))
    say_age(age)
