"""`recommender visits`: which lessons to observe first, by school; for one school its own list."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from features.disclosure import OTHERS
from features.errors import UnknownIdError, UsageError
from recommender.cli.options import AsJson, AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, emit, progress, say, say_age, show
from recommender.data_age import data_age
from recommender.date_of_data import date_of_data
from recommender.pipeline import run_recommender
from recommender.records.audit_lines import record_command
from recommender.records.record_store import RecordStore
from recommender.records.standing_choices import choice_reader
from recommender.settings import Settings
from recommender.text import in_both
from recommender.visits.run_visits import VisitAnswer, run_visits
from recommender.visits.visit_plan import KINDS, VisitPlan, VisitQuestion
from recommender.visits.visit_sentences import visit_sentences
from recommender.visits.visit_store import write_visits
from recommender.workspace.atomic import replacing, write_json
from recommender.workspace.exports import harmless, refuse_mixed_provenance
from recommender.workspace.import_history import user_name
from recommender.workspace.workspace import Workspace


def visits(
    budget: Annotated[int, typer.Option("--budget", min=1, max=100_000, metavar="N", help=bilingual("visits.help_budget"))],
    district: Annotated[
        str | None, typer.Option("--district", metavar="ID", help=bilingual("visits.help_district"))
    ] = None,
    school: Annotated[str | None, typer.Option("--school", metavar="ID", help=bilingual("visits.help_school"))] = None,
    per_school: Annotated[
        int | None, typer.Option("--per-school", min=1, metavar="N", help=bilingual("visits.help_per_school"))
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="|".join(KINDS), help=bilingual("visits.help_kind"))
    ] = None,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="F.csv", help=bilingual("visits.help_out"))] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help=bilingual("visits.help_seed"))] = 0,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Propose visits and keep the proposal for the pages."""
    _check(district, school, kind, out)
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    _check_place(workspace, district, school)
    day = day_of(as_of)
    kinds = tuple(k for k in KINDS if not kind or k in kind)
    question = VisitQuestion(school or district or "", budget, day or settings.day(), per_school, kinds, seed)
    with progress() as report:
        ready = run_recommender(workspace, settings, day, report)
        tables = ready.snapshot.tables
        data_on = date_of_data(tables, ready.snapshot.as_of)
        age = data_age(tables["courses"], data_on, question.open_on, settings.stale_days)
        age.refuse_expired()
        choices = choice_reader(workspace.root, settings)(None)
        answer = run_visits(ready, question, choices, workspace.fingerprint, report)
    if school is None:
        write_visits(workspace.root, answer.plan)
    if out is not None:
        _write(workspace, settings, answer, school, out)
    if as_json:
        emit(asdict(answer.plan) | {"file": None if out is None else str(out), "age": age.as_json()})
        return
    _print(answer.plan, workspace)
    if out is not None and school is not None:
        say(bilingual("visits.list_written", path=out, n=len(answer.rows)))
    elif out is not None:
        say(f"→ {out}")
    say_age(age, ("dates.old",))


def _check(district: str | None, school: str | None, kinds: list[str] | None, out: Path | None) -> None:
    """Before anything is computed."""
    if district is not None and school is not None:
        raise UsageError("visits.one_scope")
    if out is not None and out.suffix.lower() != ".csv":
        raise UsageError("visits.csv_only", name=out.name)
    for kind in kinds or ():
        if kind not in KINDS:
            raise UsageError("visits.unknown_kind", kind=kind, kinds=", ".join(KINDS))


def _check_place(workspace: Workspace, district: str | None, school: str | None) -> None:
    organizations = workspace.tables["organizations"]
    place = school if school is not None else district
    if place is not None and place not in set(organizations["org_id"]):
        raise UnknownIdError("lists.unknown_organization", org_id=place)
    if school is not None and school not in set(workspace.tables["teachers"]["school_id"]):
        raise UsageError("visits.not_a_school", org_id=school)


def _write(workspace: Workspace, settings: Settings, answer: VisitAnswer, school: str | None, out: Path) -> None:
    """Counts by school; of one school its own list, after lines in the audit trail."""
    frame = answer.rows if school is not None else counts_frame(answer.plan)
    if school is not None:
        _record(workspace, settings, [str(t) for t in frame["teacher_id"].dropna().unique()])
    origin = workspace.origin(as_of=answer.plan.as_of.isoformat(), model_version=answer.plan.model_version)
    refuse_mixed_provenance(out.parent, origin)
    with replacing(out) as temporary:
        frame.map(harmless).to_csv(temporary, index=False, encoding="utf-8-sig")
    write_json(out.parent / "origin.json", origin)


def _record(workspace: Workspace, settings: Settings, teachers: list[str]) -> None:
    """A line in the audit trail for each teacher whom the list names, before it is written."""
    store = RecordStore.of(workspace.root, settings).open()
    try:
        for teacher in teachers:
            record_command(store, user_name(), "recommender visits", "teacher", teacher, "list of visits")
    finally:
        store.close()


def counts_frame(plan: VisitPlan) -> pd.DataFrame:
    """Columns school_id, kind, visits, as_of: one row a school (by id) and kind with any."""
    rows = [
        (school.school_id, kind, count, plan.as_of.isoformat())
        for school in plan.schools
        for kind, count in zip(KINDS, school.visits, strict=True)
        if count
    ]
    return pd.DataFrame(rows, columns=["school_id", "kind", "visits", "as_of"])


def _print(plan: VisitPlan, workspace: Workspace) -> None:
    for sentence in visit_sentences(plan):
        for text in in_both(sentence):
            say(text)
    if not plan.schools:
        return
    organizations = workspace.tables["organizations"]
    names = dict(zip(organizations["org_id"], organizations["name"], strict=True))
    labels = {OTHERS: bilingual("visits.others"), "": bilingual("visits.too_few")}
    rows = [
        [labels.get(s.school_id) or f"{s.school_id} {names.get(s.school_id, '')}", *(n or "" for n in s.visits)]
        for s in plan.schools
    ]
    headers = [bilingual(f"visits.column_{name}", " ") for name in ("school", *KINDS)]
    show(bilingual("visits.title"), headers, rows, workspace.tables.made_up)
