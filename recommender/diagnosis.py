"""The first half of the pipeline: the needs of a workspace's tables at a date, their files and their report."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from features.errors import ReadError, UsageError
from features.messages import Message, message
from features.needs import diagnose
from features.needs.checks import check
from features.needs.evidence.evidence import Evidence, gather, later_evidence
from features.needs.model.teacher_posterior import PosteriorState
from features.needs.needs import Needs
from features.snapshot import Snapshot
from features.tables import Tables
from recommender.objections.upheld_effects import leave_out_upheld
from recommender.self_assessments.diagnosed_surveys import take_in_submitted
from recommender.settings import Settings
from recommender.text import in_both
from recommender.workspace.atomic import write_json
from recommender.workspace.exports import digest_of, refuse_mixed_provenance, split_out, write_frame
from recommender.workspace.left_out import without_needs
from recommender.workspace.needs_cache import delete_old, discard, read_needs, read_state, write_needs
from recommender.workspace.workspace import Workspace, code_fingerprint

Progress = Callable[[str, float], None] | None
LOG: Final = logging.getLogger("recommender.damage")


def bilingual(progress: Progress) -> Callable[[Message | str, float], None] | None:
    """Takes steps as messages and passes them on as "zh / en"."""
    if progress is None:
        return None
    return lambda step, share: progress(step if isinstance(step, str) else " / ".join(in_both(step)), share)


def default_as_of(tables: Tables) -> date:
    """Newest evidence, else newest enrolment, else today."""
    return tables.latest_evidence() or Settings().day()


def needs_at(
    workspace: Workspace,
    tables: Tables,
    as_of: date,
    progress: Progress = None,
    evidence: Evidence | None = None,
) -> Needs:
    """The needs of `tables` at `as_of`, cached in the workspace so that they are computed once; those withheld by upheld
    objections are left out.

    evidence: what `gather` returned for the same tables and date, where the caller has it already.
    """
    return without_needs(_cached_needs(workspace, tables, as_of, progress, evidence), workspace.left_out.needs)


def _cached_needs(
    workspace: Workspace, tables: Tables, as_of: date, progress: Progress, evidence: Evidence | None
) -> Needs:
    tables = tables.until(as_of)
    folder = workspace.needs_folder(tables.fingerprint(), as_of)
    try:
        return read_needs(folder)
    except ReadError:
        if folder.exists():  # an earlier diagnosis, damaged since
            LOG.warning("%s", message("workspace.needs_again", folder=folder))
            discard(folder)
        needs = diagnose(tables, as_of, progress, evidence)
        write_needs(folder, needs)
        delete_old(folder.parent)
    try:
        return read_needs(folder)
    except ReadError:  # another process needed its place
        return needs


def posterior_state(workspace: Workspace, snapshot: Snapshot) -> PosteriorState | None:
    """What was kept beside the needs of a snapshot; None where they were not computed by this version of the program."""
    if snapshot.needs.state is not None:
        return snapshot.needs.state
    try:
        imported = workspace.tables.until(snapshot.as_of)  # those of the snapshot may hold hours recorded since
        folder = workspace.needs_folder(imported.fingerprint(), snapshot.as_of)
        return read_state(folder, workspace.mapped)
    except ReadError:
        return None


def run_diagnose(
    workspace: Workspace, as_of: date | None = None, out: Path | None = None, progress: Progress = None
) -> Needs:
    """Compute the needs and write needs, class_effects and school_views; files that are up to date stay.

    out: a directory (Parquet), or a file name for `needs` whose suffix also decides for the other two.
    """
    take_in_submitted(workspace, Settings())
    leave_out_upheld(workspace, Settings())
    day = as_of or default_as_of(workspace.tables)
    if out is None:
        workspace.clear_foreign_scores()
    needs = needs_at(workspace, workspace.tables, day, progress)
    folder, stem, suffix = split_out(out or workspace.scores, "needs")
    made_from = workspace.made_from(day)
    files = {"needs": needs.report, "class_effects": needs.class_effects, "school_views": needs.school_views}
    paths = {name: folder / f"{stem if name == 'needs' else name}{suffix}" for name in files}
    up_to_date = {} if out else workspace.state()["scores"]
    for name, frame in files.items():
        if up_to_date.get(name) == made_from | {"sha256": digest_of(paths[name])}:
            continue
        dated = frame.assign(as_of=day) if name == "needs" else frame
        write_frame(paths[name], name, dated, workspace.origin(as_of=day.isoformat()))
        if out is None:
            workspace.note("scores", name, made_from | {"sha256": digest_of(paths[name])})
    return needs


def unused_evidence(tables: Tables, needs: Needs) -> pd.DataFrame:
    """Rows of evidence that `needs` does not use, those dated later too, as `Needs.unused`."""
    return pd.concat([later_evidence(tables, needs.as_of), needs.unused], ignore_index=True)


def run_diagnosis_report(
    workspace: Workspace, as_of: date | None = None, path: Path | None = None, progress: Progress = None
) -> tuple[Path, Path]:
    """Run the checks of the measurement model and write the report and its JSON twin; returns both paths.

    path: the page, or a directory for `diagnosis.html` (scores by default). Raises UsageError for any other suffix,
    and for a directory whose origin.json names another origin.
    """
    from recommender.reports.diagnosis_report import diagnosis_content, write_diagnosis

    take_in_submitted(workspace, Settings())
    left_out = leave_out_upheld(workspace, Settings())
    day = as_of or default_as_of(workspace.tables)
    if path is None:
        workspace.clear_foreign_scores()
    page = _page(path or workspace.scores)
    origin = workspace.origin(as_of=day.isoformat())
    refuse_mixed_provenance(page.parent, origin)
    tables = workspace.tables.until(day)
    evidence = gather(tables, day)
    needs = needs_at(workspace, workspace.tables, day, progress, evidence)
    checks = check(tables, day, needs, evidence, progress)
    checks = replace(checks, unused=unused_evidence(workspace.tables, needs))
    code = code_fingerprint("features", "recommender")
    today = Settings().day()
    written = write_diagnosis(page, diagnosis_content(checks, tables["competencies"], origin, code, today, left_out))
    write_json(page.parent / "origin.json", origin)
    return written


def _page(path: Path) -> Path:
    """Path of the page: the file itself, or `diagnosis.html` in a directory."""
    if path.is_dir() or not path.suffix:
        return path / "diagnosis.html"
    if path.suffix.lower() != ".html":
        raise UsageError("workspace.report_suffix", name=path.name)
    return path
