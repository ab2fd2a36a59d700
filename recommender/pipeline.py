"""The road from tables to advice; each step first runs the earlier ones that are missing or stale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from features.errors import DataError, UsageError
from features.needs import diagnose
from features.needs.checks import check
from features.needs.evidence.evidence import Evidence, gather
from features.needs.needs import Needs
from features.snapshot import Snapshot, take_snapshot
from features.tables import Tables
from models.bundles.bundle import Bundle, read_bundle
from recommender.lists.recommend import Recommender
from recommender.settings import Settings
from recommender.workspace.atomic import write_json
from recommender.workspace.effects_file import course_effects
from recommender.workspace.exports import FORMATS, refuse_mixed_provenance, suffix_of, write_frame, writing
from recommender.workspace.needs_cache import forget_old, read_needs, write_needs
from recommender.workspace.workspace import Workspace, code_fingerprint

Progress = Callable[[str, float], None] | None
NEEDED: Final = ("courses", "course_goals")  # beside what an import asks for


def default_as_of(tables: Tables) -> date:
    """Newest evidence, else newest enrolment, else today."""
    return tables.latest_evidence() or datetime.now(UTC).astimezone().date()


def needs_at(
    workspace: Workspace,
    tables: Tables,
    as_of: date,
    progress: Progress = None,
    evidence: Evidence | None = None,
) -> Needs:
    """The diagnosis of `tables` at `as_of`, kept in the workspace so that it is made once; evidence: as gathered for
    it, where somebody needed it before."""
    known = tables.until(as_of)
    folder = workspace.needs_folder(known.fingerprint(), as_of)
    if not folder.exists():
        write_needs(folder, diagnose(known, as_of, progress, evidence))
        forget_old(folder.parent)
    return read_needs(folder)


def run_diagnose(
    workspace: Workspace, as_of: date | None = None, out: Path | None = None, progress: Progress = None
) -> Needs:
    """Diagnose and write needs, class_effects and school_views.

    out: a directory (Parquet), or a file name for `needs` whose suffix also decides for the other two.
    """
    day = as_of or default_as_of(workspace.tables)
    if out is None:
        workspace.clear_foreign_scores()
    needs = needs_at(workspace, workspace.tables, day, progress)
    folder, stem, suffix = _places(out or workspace.scores, "needs")
    made_from = workspace.made_from(day)
    files = {"needs": needs.report, "class_effects": needs.class_effects, "school_views": needs.school_views}
    paths = {name: folder / f"{stem if name == 'needs' else name}{suffix}" for name in files}
    held = {} if out else workspace.state()["scores"]
    for name, frame in files.items():
        if held.get(name) == made_from and paths[name].exists():
            continue
        dated = frame.assign(as_of=day) if name == "needs" else frame
        write_frame(paths[name], name, dated, workspace.origin(as_of=day.isoformat()))
        if out is None:
            workspace.note("scores", name, made_from)
    return needs


def run_diagnosis_report(
    workspace: Workspace, as_of: date | None = None, path: Path | None = None, progress: Progress = None
) -> tuple[Path, Path]:
    """Check the diagnosis, and write the report and its JSON twin; the diagnosis is made where it is missing.

    path: the page, or a directory for `diagnosis.html` (scores by default). Raises WrongUse for any other suffix, and
    for a directory whose origin.json speaks of files of another making.
    """
    from recommender.reports.diagnosis_report import diagnosis_content, write_diagnosis

    day = as_of or default_as_of(workspace.tables)
    if path is None:
        workspace.clear_foreign_scores()
    page = _page(path or workspace.scores)
    origin = workspace.origin(as_of=day.isoformat())
    refuse_mixed_provenance(page.parent, origin)
    known = workspace.tables.until(day)
    evidence = gather(known, day)
    needs = needs_at(workspace, workspace.tables, day, progress, evidence)
    told = check(known, day, needs, evidence, progress)
    code = code_fingerprint("features", "recommender")
    today = datetime.now(UTC).astimezone().date()
    written = write_diagnosis(page, diagnosis_content(told, known["competencies"], origin, code, today))
    write_json(page.parent / "origin.json", origin)
    return written


def _page(path: Path) -> Path:
    """Where the report goes: the file named, or `diagnosis.html` in a directory."""
    if path.is_dir() or not path.suffix:
        return path / "diagnosis.html"
    if path.suffix.lower() != ".html":
        raise UsageError(
            f"{path.name}：报告文件名须以 .html 结尾，或给出目录 / end the report's name with .html, or name a directory"
        )
    return path


def run_snapshot(workspace: Workspace, as_of: date, progress: Progress = None) -> Snapshot:
    """What is known at `as_of`. Raises DataRefused where the catalogue is missing."""
    for name in NEEDED:
        if not len(workspace.tables[name]):
            raise DataError(f"The table {name} is empty: import it to get recommendations")
    return take_snapshot(workspace.tables, needs_at(workspace, workspace.tables, as_of, progress))


def run_bundle(workspace: Workspace, settings: Settings, progress: Progress = None) -> Bundle:
    """The promoted version, trained first where there is none or the tables have changed since.

    Where a person chose the served version for these tables (a promotion, a rollback, `--no-promote`), it
    stays.
    """
    from recommender.training import run_train

    key = settings.bundle_key()
    shelf = workspace.shelf(key)
    current, state = shelf.current(), workspace.state()
    fresh = workspace.fingerprint in (state["bundles"].get(current), state["decided"].get("tables"))
    if current is None and fresh:  # trained and left to a person: looked at, not served
        of_these = [v for v in shelf.list() if state["bundles"].get(v) == workspace.fingerprint]
        current = of_these[-1] if of_these else None
    if current is None or current not in shelf.list() or not fresh:
        current = run_train(workspace, settings, progress=progress).version
    return read_bundle(shelf.path(current), key)


def bundle_as_of(workspace: Workspace, settings: Settings, as_of: date, progress: Progress = None) -> Bundle:
    """A version that knows nothing after `as_of`: the served one where it is old enough, else the newest old
    enough that was trained on these tables, else one trained now and not served."""
    from recommender.training import run_train

    bundle = run_bundle(workspace, settings, progress)
    if bundle.as_of <= as_of:
        return bundle
    key = settings.bundle_key()
    shelf, trained_on = workspace.shelf(key), workspace.state()["bundles"]
    for version in reversed(shelf.list()):
        if trained_on.get(version) == workspace.fingerprint:
            found = read_bundle(shelf.path(version), key)
            if found.as_of <= as_of:
                return found
    version = run_train(workspace, settings, as_of, promote=False, progress=progress).version
    return read_bundle(shelf.path(version), key)


@dataclass(frozen=True)
class Written:
    """What `recommend_step` wrote: where, for how many, with how many rows, and how the units fare."""

    recommendations: Path
    outcomes: Path
    rows: int
    statuses: dict[str, int]


def run_recommender(
    workspace: Workspace, settings: Settings, as_of: date | None = None, progress: Progress = None
) -> Recommender:
    """Ready to make lists, as of the bundle's date where none is given."""
    if as_of is None:
        bundle = run_bundle(workspace, settings, progress)
    else:
        bundle = bundle_as_of(workspace, settings, as_of, progress)
    return Recommender(run_snapshot(workspace, as_of or bundle.as_of, progress), bundle)


def run_recommend(
    workspace: Workspace,
    settings: Settings,
    top: int = 10,
    as_of: date | None = None,
    out: Path | None = None,
    jobs: int = 2,
    progress: Progress = None,
    respect_seats: bool = False,
) -> Written:
    """Lists of all teachers and schools: recommendations, outcomes and course_effects.

    out: the file for recommendations (suffix decides the format of all three) or a directory. respect_seats:
    no course on more teachers' lists than it has seats; lists may then be shorter than `top`.
    """
    ready = run_recommender(workspace, settings, as_of, progress)
    run_diagnose(workspace, ready.snapshot.as_of, progress=progress)
    folder, stem, suffix = _places(out or workspace.scores, "recommendations")
    paths = {name: folder / f"{name}{suffix}" for name in ("outcomes", "course_effects")}
    paths["recommendations"] = folder / f"{stem}{suffix}"
    origin = workspace.origin(as_of=ready.snapshot.as_of.isoformat(), model_version=ready.bundle.version)
    listed: dict[str, list[np.ndarray]] = {"teacher": [], "school": []}
    later: list[pd.DataFrame] = []
    rows, done, total = 0, 0, max(len(ready.snapshot.teacher_ids), 1)
    with writing(paths["recommendations"], "recommendations", origin) as add:
        for teachers, schools in ready.city(top, jobs, respect_seats):
            add(ready.frame(teachers))
            later.append(ready.frame(schools))
            rows += len(teachers.rows) + len(schools.rows)
            for lists in (teachers, schools):
                listed[lists.kind].append(np.unique(lists.rows.unit))
            done += len(np.unique(teachers.rows.unit))
            if progress:
                progress("建议 / Recommending", min(done / total, 1.0))
        for frame in later:
            add(frame)
    outcomes = ready.outcomes(*(np.concatenate([*parts, np.zeros(0, np.intp)]) for parts in listed.values()))
    write_frame(paths["outcomes"], "outcomes", outcomes, origin)
    write_frame(
        paths["course_effects"], "course_effects", course_effects(ready.snapshot, ready.bundle), origin
    )
    if progress:
        progress("建议 / Recommending", 1.0)
    counted = outcomes.groupby("status").size()
    statuses = {str(status): int(n) for status, n in counted.items()}
    return Written(paths["recommendations"], paths["outcomes"], rows, statuses)


def _places(out: Path, name: str) -> tuple[Path, str, str]:
    """Directory, stem and suffix of a file of scores; a name with none is a directory of Parquet files."""
    if out.is_dir() or not out.suffix:
        return out, name, FORMATS[0]
    return out.parent, out.stem, suffix_of(out)
