"""`recommender retention`: what is past its term, and its deletion."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, emit, say, show
from recommender.privacy.retention import apply_retention, overdue
from recommender.records.audit_lines import OPERATOR
from recommender.records.record_store import Author, RecordStore
from recommender.settings import Settings
from recommender.workspace.import_history import user_name

Apply = Annotated[bool, typer.Option("--apply", help=bilingual("privacy.help_apply"))]


def retention(apply: Apply = False, as_json: AsJson = False, workspace_dir: WorkspaceDir = None) -> None:
    """By place: the term, what is past it, and with --apply its deletion."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    store = RecordStore.of(workspace.root, settings)
    try:
        store.open()
        if apply:
            listed = apply_retention(workspace, store, settings.day(), Author(user_name(), OPERATOR))
        else:
            listed = overdue(workspace, store, settings.day())
    finally:
        store.close()
    n = sum(one.rows for one in listed)
    if as_json:
        content: dict[str, Any] = {"applied": apply, "overdue": [asdict(one) for one in listed]}
        emit(content)
        return
    headers = [bilingual(f"privacy.retention_{name}", " ") for name in ("place", "months", "before", "rows")]
    show(
        bilingual("privacy.retention_title"), headers,
        [[one.place, one.months, one.before.isoformat(), one.rows] for one in listed],
    )  # fmt: skip
    say(bilingual("privacy.retention_done" if apply else "privacy.retention_dry", n=n))
