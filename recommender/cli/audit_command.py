"""`recommender audit`: who read whose data, and why."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer

from features.errors import UsageError
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, emit, say, show
from recommender.personal_data import planned_table, plans_with
from recommender.privacy.audit_words import as_row, purpose_words, role_words, write_csv
from recommender.records.audit_lines import audit_lines, record_command
from recommender.records.audit_trail import AuditLine
from recommender.records.record_store import RecordStore
from recommender.settings import Settings
from recommender.workspace.import_history import user_name

SHOWN: Final = 50  # lines on the screen


def audit(
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="ID", help=bilingual("privacy.help_audit_subject"))
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], metavar="DATE", help=bilingual("privacy.help_audit_since")),
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="OUT", help=bilingual("privacy.help_audit_csv"))] = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Lines of the audit trail; looking at them leaves one, too."""
    settings = Settings()
    root = workspace_of(workspace_dir, settings).root
    store = RecordStore.of(root, settings)
    if not store.exists:
        raise UsageError("records.nothing_yet")
    try:
        store.open()
        kind = "none" if subject is None else "teacher"
        record_command(store, user_name(), "recommender audit", kind, subject or "", "audit inspected")
        plans = frozenset() if subject is None else plans_with([planned_table(root, subject)])
        lines = audit_lines(store, subject, plans, None if since is None else since.astimezone())
        if csv is not None:
            say(bilingual("privacy.audit_written", n=write_csv(csv, lines), path=csv))
        elif as_json:
            emit([as_row(line) for line in lines])
        else:
            newest = list(islice(lines, SHOWN))
            rest = sum(1 for _ in lines)
            _print(newest, rest)
    finally:
        store.close()


def _print(newest: list[AuditLine], rest: int) -> None:
    headers = [bilingual(f"privacy.audit_column_{name}", " ") for name in ("at", "actor", "unit", "purpose", "granted")]
    rows = [
        [
            line.at.strftime("%Y-%m-%d %H:%M:%S"), f"{line.actor} ({role_words(line.role).zh} {role_words(line.role).en})",
            f"{line.unit_kind} {line.unit_id}", " / ".join(purpose_words(line.purpose)),
            bilingual("privacy.granted" if line.granted else "privacy.refused", " "),
        ]
        for line in newest
    ]  # fmt: skip
    show(bilingual("privacy.audit_title"), headers, rows)
    say(bilingual("privacy.audit_counted", n=len(newest) + rest, shown=len(newest)))
