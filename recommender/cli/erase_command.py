"""`recommender erase`: one person leaves the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from features.errors import UsageError
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.retention_command import Apply
from recommender.cli.screen import bilingual, emit, say, show
from recommender.privacy.erasure import Erased, PersonTraces, erase_person, find_person
from recommender.records.audit_lines import OPERATOR
from recommender.records.record_store import Author, RecordStore
from recommender.settings import Settings
from recommender.workspace.import_history import user_name


def erase(
    teacher_id: Annotated[str, typer.Argument(metavar="TEACHER_ID")],
    apply: Apply = False,
    retrain: Annotated[bool, typer.Option("--retrain", help=bilingual("privacy.help_retrain"))] = False,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Where she stands, and with --apply her erasure; exit 1 where her id is left in a file."""
    if not teacher_id.strip():
        raise UsageError("workspace.no_subject")
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    store = RecordStore.of(workspace.root, settings)
    try:
        store.open()
        if not apply:
            _print_present(find_person(workspace, store, teacher_id), as_json)
            return
        erased = erase_person(workspace, store, settings, teacher_id, Author(user_name(), OPERATOR), retrain)
    finally:
        store.close()
    if as_json:
        emit(asdict(erased))
    else:
        _print_erased(erased)
    if erased.left:
        raise typer.Exit(1)


def _print_present(present: PersonTraces, as_json: bool) -> None:
    if as_json:
        content: dict[str, Any] = asdict(present)
        emit(content)
        return
    _show("privacy.erase_where", present.tables | present.records | present.files)
    say(bilingual("privacy.erase_dry" if present else "privacy.erase_nothing"))


def _print_erased(erased: Erased) -> None:
    _show("privacy.erase_what", erased.tables | erased.records)
    changed, deleted = erased.plans
    say(bilingual("privacy.erase_versions", n=erased.versions, changed=changed, deleted=deleted))
    if erased.models:
        say(bilingual("privacy.erase_models", n=len(erased.models), names=", ".join(erased.models)))
    say(bilingual("privacy.erase_beyond"))
    if erased.left:
        _show("privacy.erase_left", erased.left)


def _show(title: str, counts: Mapping[str, int]) -> None:
    headers = [bilingual(f"privacy.retention_{name}", " ") for name in ("place", "rows")]
    show(bilingual(title), headers, [[place, n] for place, n in counts.items()])
