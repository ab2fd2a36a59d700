"""`recommender hours decide|export|preview`: decisions from a file, a platform's own shape, and new rules before they count."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from features.errors import UsageError
from features.ledger.hours_ledger import hours_ledger
from features.messages import message
from recommender.cli.options import AsJson, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, emit, say, show
from recommender.hours.decision_file import apply_decisions, read_decisions
from recommender.hours.platform_export import platform_rows, read_shape
from recommender.hours.recorded_hours import hour_records, hours_tables, record_people
from recommender.hours.rule_preview import change_totals, rule_changes, tables_with_rules
from recommender.records.audit_lines import OPERATOR
from recommender.records.record_store import Author
from recommender.settings import Settings
from recommender.text import in_both, word
from recommender.text.formats import iso, number
from recommender.workspace.atomic import replacing, write_json
from recommender.workspace.exports import harmless, refuse_mixed_provenance
from recommender.workspace.import_history import user_name
from recommender.workspace.workspace import Workspace

AsOfDay = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help=bilingual("hours.help_as_of"))
]


def decide(
    file: Annotated[Path, typer.Argument(metavar="FILE")], as_json: AsJson = False, workspace_dir: WorkspaceDir = None
) -> None:
    """Applies a file of decisions; the same file again changes nothing."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    rows = read_decisions(file)
    entries = hours_tables(workspace, settings)["hour_entries"]
    people = entries.loc[entries["entry_id"].isin([row.entry_id for row in rows]), "teacher_id"].unique()
    record_people(workspace, settings, "recommender hours decide", people)
    with hour_records(workspace, settings) as records:
        applied = apply_decisions(rows, entries, records, Author(user_name(), OPERATOR))
    unknown, refused = [row.entry_id for row in applied.unknown], list(applied.not_allowed)
    if as_json:
        emit({"decided": applied.decided, "unknown": unknown, "not_allowed": refused})
        return
    say(bilingual("hours.decided", n=applied.decided, unknown=len(unknown), refused=len(refused)))


def export(
    platform: Annotated[str, typer.Option("--platform", metavar="NAME", help=bilingual("hours.help_platform"))],
    out: Annotated[Path, typer.Argument(metavar="OUT.csv")],
    shape: Annotated[Path | None, typer.Option("--shape", metavar="F.toml", help=bilingual("hours.help_shape"))] = None,
    as_of: AsOfDay = None,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Writes the decided entries with the platform's headers and words."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    fields = read_shape(shape if shape is not None else workspace.root / "platforms" / f"{platform}.toml")
    tables = hours_tables(workspace, settings)
    ledger = hours_ledger(tables, day_of(as_of) or settings.day())
    rows, people = platform_rows(tables, ledger, platform, fields)
    record_people(workspace, settings, "recommender hours export", people)
    _write(workspace, rows, out)
    say(bilingual("hours.exported", n=len(rows), path=out))


def preview(
    rules: Annotated[Path, typer.Argument(metavar="RULES.csv")],
    replace: Annotated[bool, typer.Option("--replace", help=bilingual("hours.help_replace"))] = False,
    as_of: AsOfDay = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="F.csv", help=bilingual("hours.help_preview_out"))] = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Compares the ledger under the present rules with that under the file's; nothing is imported."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    day = day_of(as_of) or settings.day()
    before = hours_tables(workspace, settings)
    changes = rule_changes(before, tables_with_rules(workspace, before, rules, replace), day)
    if out is not None:
        record_people(workspace, settings, "recommender hours preview", changes["teacher_id"].unique())
        _write(workspace, changes, out)
    totals = change_totals(changes)
    people = {side: int(changes.loc[mask, "teacher_id"].nunique()) for side, mask in
              (("gain", changes["change"] < 0), ("lose", changes["change"] > 0))}  # fmt: skip
    if as_json:
        emit({"as_of": day.isoformat(), "made_up": before.made_up} | people | {"categories": totals.to_dict("records")})
        return
    summary = message("hours.preview_summary", day=iso(day), **people) if len(changes) else message("hours.preview_none")
    for text in in_both(summary):
        say(text)
    if len(totals):
        cells = [
            [" ".join(in_both(word("category", row["category"]))), row["gain"], number(row["less"]), row["lose"],
             number(row["more"]), row["same"]]
            for row in totals.to_dict("records")
        ]  # fmt: skip
        names = ("category", "gain", "less", "lose", "more", "same")
        headers = [bilingual(f"hours.column_{name}", " ") for name in names]
        show(bilingual("hours.preview_title"), headers, cells, before.made_up)
    if out is not None:
        say(f"→ {out}")


def _write(workspace: Workspace, frame: pd.DataFrame, out: Path) -> None:
    if out.suffix.lower() != ".csv":
        raise UsageError("hours.csv_only", name=out.name)
    origin = workspace.origin()
    refuse_mixed_provenance(out.parent, origin)
    with replacing(out) as temporary:
        frame.map(harmless).to_csv(temporary, index=False, encoding="utf-8-sig")
    write_json(out.parent / "origin.json", origin)
