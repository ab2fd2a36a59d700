"""`recommender hours`: who is short of hours in which cycle and category, by how much and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer

from features.ledger.hours_ledger import COLUMNS, hours_ledger
from recommender.cli.options import AsJson, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, emit, say, show
from recommender.hours.hours_words import reasons_of, summary_sentence
from recommender.hours.ledger_places import DISTRICT, LedgerFacts, below, ledger_facts, place_totals
from recommender.hours.recorded_hours import hours_tables, record_people
from recommender.settings import Settings
from recommender.text import in_both, word
from recommender.text.formats import number
from recommender.workspace.exports import suffix_of, write_frame
from recommender.workspace.workspace import Workspace

app = typer.Typer(help=bilingual("hours.command", " "), invoke_without_command=True)
MOST_ROWS: Final = 100  # on a screen
DAYS: Final = ("cycle_start", "cycle_end")


@app.callback()
def hours(
    context: typer.Context,
    org: Annotated[str | None, typer.Option("--org", metavar="ID", help=bilingual("hours.help_org"))] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help=bilingual("hours.help_as_of"))
    ] = None,
    short: Annotated[bool, typer.Option("--short", help=bilingual("hours.help_short"))] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="F", help=bilingual("hours.help_out"))] = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """The ledger of the workspace; nothing is changed."""
    if context.invoked_subcommand is not None:
        return
    if out is not None:
        suffix_of(out)
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    day = day_of(as_of) or settings.day()
    organizations = workspace.tables["organizations"]
    ledger = hours_ledger(hours_tables(workspace, settings), day)
    standing = ledger.standing
    if org is not None:
        standing = below(standing, organizations, org)
    rows = standing[standing["short"] > 0].reset_index(drop=True) if short else standing
    if out is not None or short:
        record_people(workspace, settings, "recommender hours", rows["teacher_id"].unique())
    if out is not None:
        write_frame(out, "hours", _days(rows), workspace.origin(as_of=day.isoformat()))
    totals, facts = place_totals(standing, organizations), ledger_facts(ledger, standing)
    if as_json:
        emit(_as_json(workspace, facts, totals, rows if short else None, out))
        return
    _print(workspace, facts, totals, rows if short else None, org)
    if out is not None:
        say(f"→ {out}")


def _days(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].dt.date for name in DAYS})


def _as_json(
    workspace: Workspace, facts: LedgerFacts, totals: pd.DataFrame, short: pd.DataFrame | None, out: Path | None
) -> dict[str, Any]:
    content: dict[str, Any] = {"made_up": workspace.tables.made_up} | asdict(facts) | {"totals": totals.to_dict("records")}
    if short is not None:
        content["teachers"] = [
            {name: None if pd.isna(row[name]) else str(row[name]) if name in DAYS else row[name] for name in COLUMNS}
            for row in _days(short).to_dict("records")
        ]
    return content | {"file": None if out is None else str(out)}


def _print(
    workspace: Workspace, facts: LedgerFacts, totals: pd.DataFrame, short: pd.DataFrame | None, org: str | None
) -> None:
    for text in in_both(summary_sentence(facts)):
        say(text)
    if not facts.people:
        return
    shown = totals if org is not None else totals[totals["org_kind"] == DISTRICT]
    rows = [
        [f"{row['org_id']} {row['name']}", _category(row["category"]), row["people"], row["people_short"], number(row["short"]),
         number(row["waiting"])]
        for row in (shown if len(shown) else totals).head(MOST_ROWS).to_dict("records")
    ]  # fmt: skip
    names = ("org", "category", "people", "people_short", "missing", "waiting")
    show(bilingual("hours.totals_title"), _headers(names), rows, workspace.tables.made_up)
    if short is None:
        return
    people = [
        [row["teacher_id"], _category(row["category"]), f"{row['cycle_start']:%Y-%m-%d} – {row['cycle_end']:%Y-%m-%d}",
         number(row["required"]), number(row["counted"]), number(row["short"]),
         "; ".join(" / ".join(in_both(reason)) for reason in reasons_of(row))]
        for row in short.head(MOST_ROWS).to_dict("records")
    ]  # fmt: skip
    headers = _headers(("teacher", "category", "cycle", "required", "counted", "short", "why"))
    title = bilingual("hours.short_title", n=len(short), shown=len(people))
    show(title, headers, people, workspace.tables.made_up)


def _headers(names: Sequence[str]) -> list[str]:
    return [bilingual(f"hours.column_{name}", " ") for name in names]


def _category(category: str) -> str:
    return " ".join(in_both(word("category", category)))
