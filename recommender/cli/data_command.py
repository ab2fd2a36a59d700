"""`recommender data`: check files, import them, go back to an earlier import, and a workbook to fill in."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer

from features.errors import DataError, UsageError
from features.schema import TABLES
from features.sources.guess.guess_files import FileGuesses, guess_files
from features.sources.issue import Issue
from recommender.cli import export_command
from recommender.cli.guess_screen import as_json as as_json_rows
from recommender.cli.guess_screen import ask_about, show_guesses
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, columns, emit, progress, say, show
from recommender.cli.wide_screen import answered as with_answers
from recommender.cli.wide_screen import not_sure
from recommender.reports.role_template import write_role_template
from recommender.reports.table_template import write_template
from recommender.settings import Settings
from recommender.text import Lang
from recommender.text.issue_rows import issue_row, issue_sentence
from recommender.text.languages import language
from recommender.workspace.import_history import history, restorable, undo, user_name
from recommender.workspace.importing import Import, Mode, prepare_import, stored_frames
from recommender.workspace.remembered_mappings import recalled, remember

app = typer.Typer(help=bilingual("cli.help_data"), no_args_is_help=True)
app.add_typer(export_command.app, name="export")
NO_GUESSES: Final = FileGuesses(())
MOST_ISSUES: Final = 100  # problems on a screen

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help=bilingual("cli.help_paths"), show_default=False),
]
Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="F.toml", help=bilingual("cli.help_mapping")),
]
ImportMode = Annotated[Mode, typer.Option("--mode", help=bilingual("cli.help_mode"))]
Scope = Annotated[
    list[str] | None, typer.Option("--scope", metavar="ORG", help=bilingual("scope.help_scope"), show_default=False)
]
Language = Annotated[
    str, typer.Option("--lang", metavar="zh|en", help=bilingual("cli.help_issue_lang"))
]
Answers = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="NAME=VALUE", help=bilingual("sheets.help_answer"), show_default=False),
]


@app.command("check", help=bilingual("cli.command_check", " "))
def check(
    context: typer.Context,
    paths: Paths,
    mapping: Mapping = None,
    answers: Answers = None,
    mode: ImportMode = Mode.ADD,
    scope: Scope = None,
    lang: Language = "zh",
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """List every problem of the files; write nothing."""
    root = workspace_of(workspace_dir, Settings()).root
    guesses = NO_GUESSES if mapping is not None else _guesses(root, paths, answers)
    if guesses and not as_json:
        show_guesses(guesses)
    complete = guesses if guesses.complete else NO_GUESSES
    preview = _preview(context, paths, mapping, workspace_dir, mode, complete, scope)
    issue_lang = language(lang)
    if as_json:
        emit(
            {
                "problems": [issue_row(issue, issue_lang) for issue in preview.reading.issues],
                "tables": dict(preview.reading.read),
                "made_up": preview.reading.tables.made_up,
                "guess": as_json_rows(guesses),
            }
        )
    else:
        _print_issues(preview.reading.issues, issue_lang)
        _summary(preview)
    if preview.counts[0]:
        raise typer.Exit(1)


@app.command("import", help=bilingual("cli.command_import", " "))
def import_(
    context: typer.Context,
    paths: Paths,
    mapping: Mapping = None,
    answers: Answers = None,
    accept_good_rows: Annotated[
        bool,
        typer.Option("--accept-good-rows", help=bilingual("cli.help_good_rows")),
    ] = False,
    mode: ImportMode = Mode.ADD,
    scope: Scope = None,
    yes: Annotated[bool, typer.Option("--yes", help=bilingual("cli.help_yes"))] = False,
    lang: Language = "zh",
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Import tables: all at once, after every check."""
    root = workspace_of(workspace_dir, Settings()).root
    guesses = NO_GUESSES if mapping is not None else _guesses(root, paths, answers)
    if guesses:
        if not as_json:
            show_guesses(guesses)
        if not (yes or as_json) and sys.stdin.isatty():
            completed = ask_about(guesses)
            if completed is None:
                say(bilingual("cli.nothing_written"))
                return
            guesses = completed
        elif not guesses.sure:
            if as_json:
                emit({"written": False, "guess": as_json_rows(guesses)})
                raise typer.Exit(1)
            unsure = [guess for guess in guesses.wide if not guess.sure]
            if unsure and all(sheet.sure for sheet in guesses.sheets):
                raise not_sure(unsure[0])
            raise UsageError("guess.not_sure", file=guesses.sheets[0].file)
    preview = _preview(context, paths, mapping, workspace_dir, mode, guesses, scope)
    if not as_json:
        _print_issues(preview.reading.issues, language(lang))
        _summary(preview)
    problems, _ = preview.counts
    refused = bool(problems and not accept_good_rows)
    if refused and not as_json:
        raise DataError("cli.import_refused", n=problems)
    if not (yes or refused):
        if as_json or not sys.stdin.isatty():
            raise UsageError("cli.import_unconfirmed")
        if not typer.confirm(bilingual("cli.confirm_import"), default=False):
            say(bilingual("cli.nothing_written"))
            return
    written = not refused and preview.write(accept_good_rows)
    if guesses and not refused:
        remember(root, guesses)
    if as_json:
        emit(_as_json(preview, language(lang), written) | ({"guess": as_json_rows(guesses)} if guesses else {}))
        if refused:
            raise typer.Exit(1)
    elif written:
        say(f"{bilingual('cli.imported')} → {preview.root}")
    else:
        say(bilingual("cli.import_unchanged"))


@app.command("guess", help=bilingual("cli.command_guess", " "))
def guess_(
    paths: Paths,
    out: Annotated[Path | None, typer.Option("--out", metavar="F.toml", help=bilingual("cli.help_guess_out"))] = None,
    answers: Answers = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """What files of any shape probably are, and the mapping file that reads them so."""
    guesses = _guesses(workspace_of(workspace_dir, Settings()).root, paths, answers)
    if out is not None and os.path.lexists(out):
        raise UsageError("guess.out_exists", path=out)
    if as_json:
        emit({"guess": as_json_rows(guesses), "unknown": [list(place) for place in guesses.unknown]})
    elif guesses or guesses.unknown:
        show_guesses(guesses)
    else:
        say(bilingual("guess.nothing"))
    if out is not None and guesses:
        guesses.write(out)
        if not as_json:
            say(bilingual("guess.written", path=out))


@app.command("template", help=bilingual("cli.command_template", " "))
def template(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help=bilingual("cli.help_workbook"))],
    lang: Annotated[
        str, typer.Option("--lang", metavar="zh|en", help=bilingual("cli.help_header_lang"))
    ] = "zh",
    role: Annotated[
        str | None, typer.Option("--for", metavar="ROLE", help=bilingual("templates.help_for"), show_default=False)
    ] = None,
) -> None:
    """A workbook to fill in: a sheet for each table, or those of a role. A file that exists is never overwritten."""
    if out.suffix.casefold() != ".xlsx":
        raise UsageError("cli.template_not_xlsx", path=out)
    if os.path.lexists(out):
        raise UsageError("cli.template_exists", path=out)
    if role is None:
        write_template(out, language(lang))
    else:
        write_role_template(out, role, language(lang))
    say(f"→ {out}")


@app.command("undo", help=bilingual("cli.command_undo", " "))
def undo_(
    to: Annotated[int | None, typer.Option("--to", metavar="N", min=1, help=bilingual("cli.help_undo_to"))] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="ORG", help=bilingual("scope.help_undo_scope"), show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=bilingual("cli.help_undo_yes"))] = False,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Go back to the tables before the last import, or to those after import N."""
    root = workspace_of(workspace_dir, Settings()).root
    if not (yes or as_json) and sys.stdin.isatty() and not typer.confirm(bilingual("cli.confirm_undo"), default=False):
        say(bilingual("cli.nothing_written"))
        return
    result = undo(root, user_name(), to, scope or None)
    changes = {name: change for name, change in result.changes.items() if change.new or change.changed or change.gone}
    if as_json:
        emit({"to": result.to, "tables": {name: change._asdict() for name, change in changes.items()}})
        return
    rows = [[f"{TABLES[name].zh} {name}", *change] for name, change in changes.items()]
    show(bilingual("cli.undo_changes"), columns("table", "new", "changed", "same", "gone"), rows)
    say(bilingual("cli.undone", n=result.to))


@app.command("history", help=bilingual("cli.command_history", " "))
def history_(as_json: AsJson = False, workspace_dir: WorkspaceDir = None) -> None:
    """All imports, oldest first: when, who, which files, and how many rows."""
    root = workspace_of(workspace_dir, Settings()).root
    entries = [{**entry, "restorable": restorable(root, entry)} for entry in history(root)]
    if as_json:
        emit(entries)
    elif entries:
        headers = ["", *columns("at", "by", "action", "rows_changed", "files", "version")]
        show(bilingual("cli.history"), headers, [_history_row(entry) for entry in entries])
    else:
        say(bilingual("cli.no_history"))


def _history_row(entry: dict[str, Any]) -> list[object]:
    """`teachers +1 ~2 -3`: rows new, changed and gone; a file with the first digits of its SHA-256."""
    changes = [
        f"{name} +{change['new']} ~{change['changed']} -{change['gone']}"
        for name, change in entry["tables"].items()
        if change["new"] or change["changed"] or change["gone"]
    ]
    files = [f"{file['name']} {file['sha256'][:12]}" for file in entry["files"]]
    action = f"undo → {entry['to']}" if entry["action"] == "undo" else f"import {entry['mode']}"
    action = " ".join([action, *entry.get("scope", ())])
    version = entry["version"] if entry["restorable"] else f"({entry['version']})"
    return [entry["n"], entry["at"], entry["by"], action, "\n".join(changes), "\n".join(files), version]


def _as_json(preview: Import, lang: Lang, written: bool) -> dict[str, object]:
    """The preview of `import --json`, and whether it was written."""
    tables = {
        name: {"rows": read, "left_out": read - preview.reading.good[name], **preview.changes[name]._asdict()}
        for name, read in preview.reading.read.items()
    }
    return {
        "mode": str(preview.mode), "scope": list(preview.scope), "written": written,
        "made_up": preview.tables.made_up, "tables": tables,
        "files": list(preview.files), "problems": [issue_row(issue, lang) for issue in preview.reading.issues],
    }  # fmt: skip


def _guesses(root: Path, paths: Sequence[Path], answers: Sequence[str] | None) -> FileGuesses:
    """What files that are no tables yet probably are; as they were read before, where their headers are the same."""
    return with_answers(recalled(root, guess_files(paths, stored_frames(root))), answers or ())


def _preview(
    context: typer.Context,
    paths: Sequence[Path],
    mapping: Path | None,
    workspace_dir: Path | None,
    mode: Mode,
    guesses: FileGuesses = NO_GUESSES,
    scope: Sequence[str] | None = None,
) -> Import:
    workspace = workspace_of(workspace_dir, Settings())
    if guesses:  # until the command ends: files of one organization may be read once more when they are written
        mapping = Path(context.with_resource(TemporaryDirectory())) / "guess.toml"
        guesses.write(mapping)
    with progress() as report:
        return prepare_import(workspace.root, paths, mapping, report, mode, scope or None)


def _print_issues(problems: Sequence[Issue], lang: Lang) -> None:
    """One line per issue, problems before notes; after the first MOST_ISSUES only counts."""
    issues = sorted(problems, key=lambda p: p.severity == "note")
    for problem in issues[:MOST_ISSUES]:
        mark = "✗" if problem.severity == "problem" else "·"
        say(f"{mark} {issue_sentence(problem, lang)}")
    if len(issues) > MOST_ISSUES:
        counts = Counter((p.file, p.column, p.severity) for p in issues[MOST_ISSUES:])
        for (file, column, severity), n in counts.most_common(20):
            say(f"… {file} {column}: +{n} {severity}")
        say(f"{bilingual('cli.whole_list')}: recommender data check PATH --json")


def _summary(preview: Import) -> None:
    rows: list[Iterable[object]] = []
    for name, read in preview.reading.read.items():
        change = preview.changes[name]
        left_out = read - preview.reading.good[name]
        rows.append([f"{TABLES[name].zh} {name}", read, left_out, *change])
    if preview.scope:
        say(bilingual("scope.for_organization", scope="、".join(preview.scope)))
    headers = columns("table", "rows", "left_out", "new", "changed", "same", "gone")
    show(bilingual("cli.import_preview"), headers, [list(row) for row in rows], preview.tables.made_up)
    problems, notes = preview.counts
    say(bilingual("cli.import_counts", problems=problems, notes=notes))
    if preview.gone:
        gone = ", ".join(f"{name} {rows}" for name, rows in preview.gone.items())
        say(bilingual("cli.import_removes", n=sum(preview.gone.values()), tables=gone))
