"""`recommender data`: check files, import them, and a workbook to fill in."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from features.errors import DataError, UsageError
from features.schema import TABLES
from features.sources.issue import Issue
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, columns, emit, progress, say, show
from recommender.reports.table_template import write_template
from recommender.settings import Settings
from recommender.text import Lang
from recommender.text.issue_rows import issue_row, issue_sentence
from recommender.text.languages import language
from recommender.workspace.importing import Import, prepare_import

app = typer.Typer(help=bilingual("cli.help_data"), no_args_is_help=True)
MOST_ISSUES: Final = 100  # problems on a screen

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help=bilingual("cli.help_paths"), show_default=False),
]
Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="F.toml", help=bilingual("cli.help_mapping")),
]
Language = Annotated[
    str, typer.Option("--lang", metavar="zh|en", help=bilingual("cli.help_issue_lang"))
]


@app.command("check", help=bilingual("cli.command_check", " "))
def check(
    paths: Paths,
    mapping: Mapping = None,
    lang: Language = "zh",
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """List every problem of the files; write nothing."""
    preview = _preview(paths, mapping, workspace_dir)
    issue_lang = language(lang)
    if as_json:
        emit(
            {
                "problems": [issue_row(issue, issue_lang) for issue in preview.reading.issues],
                "tables": dict(preview.reading.read),
                "made_up": preview.reading.tables.made_up,
            }
        )
    else:
        _print_issues(preview.reading.issues, issue_lang)
        _summary(preview)
    if preview.counts[0]:
        raise typer.Exit(1)


@app.command("import", help=bilingual("cli.command_import", " "))
def import_(
    paths: Paths,
    mapping: Mapping = None,
    accept_good_rows: Annotated[
        bool,
        typer.Option("--accept-good-rows", help=bilingual("cli.help_good_rows")),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=bilingual("cli.help_yes"))] = False,
    lang: Language = "zh",
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Import tables: all at once, after every check."""
    preview = _preview(paths, mapping, workspace_dir)
    _print_issues(preview.reading.issues, language(lang))
    _summary(preview)
    problems, _ = preview.counts
    if problems and not accept_good_rows:
        raise DataError("cli.import_refused", n=problems)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("cli.import_unconfirmed")
        if not typer.confirm(bilingual("cli.confirm_import"), default=False):
            say(bilingual("cli.nothing_written"))
            return
    written = preview.write(accept_good_rows)
    if written:
        say(f"{bilingual('cli.imported')} → {preview.root}")
    else:
        say(bilingual("cli.import_unchanged"))


@app.command("template", help=bilingual("cli.command_template", " "))
def template(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help=bilingual("cli.help_workbook"))],
    lang: Annotated[
        str, typer.Option("--lang", metavar="zh|en", help=bilingual("cli.help_header_lang"))
    ] = "zh",
) -> None:
    """An empty workbook with a sheet for each table."""
    if out.suffix.casefold() != ".xlsx":
        raise UsageError("cli.template_not_xlsx", path=out)
    write_template(out, language(lang))
    say(f"→ {out}")


def _preview(paths: Sequence[Path], mapping: Path | None, workspace_dir: Path | None) -> Import:
    workspace = workspace_of(workspace_dir, Settings())
    with progress() as report:
        return prepare_import(workspace.root, paths, mapping, report)


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
        rows.append([f"{TABLES[name].zh} {name}", read, read - _accepted(preview, name), *change])
    headers = columns("table", "rows", "left_out", "new", "changed", "same", "gone")
    show(bilingual("cli.import_preview"), headers, [list(row) for row in rows], preview.tables.made_up)
    problems, notes = preview.counts
    say(bilingual("cli.import_counts", problems=problems, notes=notes))


def _accepted(preview: Import, name: str) -> int:
    return len(preview.reading.tables[name])
