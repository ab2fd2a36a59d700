"""`recommender data coverage`: which schools have handed in which data, and how much less is known without."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer

from features.errors import UsageError
from recommender.cli.options import AsJson, AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, emit, progress, say, show
from recommender.coverage.coverage_sentences import cost_sentences, lead_sentences, source_sentence
from recommender.coverage.organization_coverage import Coverage, SourceState, coverage_of
from recommender.coverage.source_rows import source_rows
from recommender.diagnosis import default_as_of, needs_at
from recommender.organization_tree import OrganizationTree
from recommender.settings import Settings
from recommender.text import in_both
from recommender.workspace.import_history import history


def coverage(
    org: Annotated[str | None, typer.Option("--org", metavar="ID", help=bilingual("coverage.help_org"))] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """By school and source; a diagnosis that is missing is made."""
    workspace = workspace_of(workspace_dir, Settings())
    whole = workspace.tables
    day = day_of(as_of) or default_as_of(whole)
    tables = whole.until(day)
    tree = OrganizationTree(tables["organizations"], sorted(tables["teachers"]["school_id"].unique()))
    org_id = org or _highest(tables["organizations"], tree)
    tree.name(org_id)
    with progress() as report:
        needs = needs_at(workspace, whole, day, report)
    result = coverage_of(org_id, tree, source_rows(tables), needs, history(workspace.root), day, whole.made_up)
    if as_json:
        emit(asdict(result))
    else:
        _print(result)


def _highest(organizations: pd.DataFrame, tree: OrganizationTree) -> str:
    """The one organization with schools that is under no other. Raises UsageError where there are several."""
    top = organizations[~organizations["parent_id"].isin(organizations["org_id"])]["org_id"]
    highest = [str(org_id) for org_id in top if tree.schools_below(org_id)]
    if len(highest) != 1:
        raise UsageError("coverage.several", ids=", ".join(highest[:5]))
    return highest[0]


def _print(result: Coverage) -> None:
    for sentence in (*lead_sentences(result), *(source_sentence(total) for total in result.sources)):
        for text in in_both(sentence):
            say(text)
    headers = [bilingual("coverage.column_school", " "), bilingual("coverage.column_teachers", " ")]
    headers += [bilingual(f"coverage.source_{total.source}", " ") for total in result.sources]
    rows = [
        [f"{s.school_id} {s.name}", "" if s.teachers is None else s.teachers, *map(_cell, s.sources)] for s in result.schools
    ]
    show(bilingual("coverage.title"), headers, rows, result.made_up)
    for sentence in cost_sentences(result):
        for text in in_both(sentence):
            say(text)


def _cell(state: SourceState) -> str:
    if not state.handed_in:
        return bilingual("coverage.cell_missing")
    if state.share is None:
        return bilingual("coverage.cell_handed_in")
    return f"{round(100 * state.share)}% {state.newest or ''}"
