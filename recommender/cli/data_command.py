"""`recommender data`: look at files, take them in, and a workbook to fill."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from features.errors import DataError, UsageError
from features.schema import TABLES
from features.sources import Issue
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import emit, progress, say, show
from recommender.reports.table_template import write_template
from recommender.settings import Settings
from recommender.text import Lang
from recommender.text.languages import language
from recommender.workspace.importing import Import, prepare_import

app = typer.Typer(help="检查、导入数据 / look at tables and take them in", no_args_is_help=True)
SHOWN: Final = 100  # problems on a screen

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="文件或目录 / files or directories", show_default=False),
]
Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="F.toml", help="映射文件:其他表格怎样变成数据表 / a mapped file"),
]
Language = Annotated[
    str, typer.Option("--lang", metavar="zh|en", help="问题清单的语言 / language of messages")
]


@app.command("check")
def check(
    paths: Paths,
    mapping: Mapping = None,
    lang: Language = "zh",
    as_json: AsJson = False,
    workspace: WorkspaceDir = None,
) -> None:
    """检查文件,列出全部问题,不写入任何内容。 Look at files, tell every problem, write nothing."""
    ready = _prepared(paths, mapping, workspace)
    spoken = language(lang)
    if as_json:
        emit(
            {
                "problems": [found.as_row(spoken) for found in ready.reading.problems],
                "tables": dict(ready.reading.read),
                "made_up": ready.reading.tables.made_up,
            }
        )
    else:
        _tell(ready.reading.problems, spoken)
        _summary(ready)
    if ready.counts[0]:
        raise typer.Exit(1)


@app.command("import")
def import_(
    paths: Paths,
    mapping: Mapping = None,
    accept_good_rows: Annotated[
        bool,
        typer.Option("--accept-good-rows", help="有问题的行不导入,其余导入 / leave out rows with problems"),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 / do not ask")] = False,
    lang: Language = "zh",
    workspace: WorkspaceDir = None,
) -> None:
    """导入数据:全部检查通过后一次写入。 Take tables in: all at once, after every check."""
    ready = _prepared(paths, mapping, workspace)
    _tell(ready.reading.problems, language(lang))
    _summary(ready)
    problems, _ = ready.counts
    if problems and not accept_good_rows:
        raise DataError(
            f"{problems} problems: nothing was written; mend them, or leave these rows out with --accept-good-rows"
        )
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("Nothing was written: confirm with --yes")
        if not typer.confirm("写入工作区? / Write this to the workspace?", default=False):
            say("未写入 / Nothing was written")
            return
    written = ready.write(accept_good_rows)
    if written:
        say(f"已导入 / Imported → {ready.root}")
    else:
        say("与工作区相同,无需写入 / The workspace holds just this already; nothing to write")


@app.command("template")
def template(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="要写的工作簿 / the workbook to write")],
    lang: Annotated[
        str, typer.Option("--lang", metavar="zh|en", help="表头语言 / language of headers")
    ] = "zh",
) -> None:
    """生成可填写的空白工作簿。 An empty workbook with a sheet for each table."""
    if out.suffix.casefold() != ".xlsx":
        raise UsageError(f"{out}: the template is a workbook; name it OUT.xlsx")
    write_template(out, language(lang))
    say(f"→ {out}")


def _prepared(paths: Sequence[Path], mapping: Path | None, workspace: Path | None) -> Import:
    held = workspace_of(workspace, Settings())
    with progress() as report:
        return prepare_import(held.root, paths, mapping, report)


def _tell(problems: Sequence[Issue], lang: Lang) -> None:
    """One line a problem, problems first; beyond what a screen holds only how many of each kind."""
    found = sorted(problems, key=lambda p: p.severity == "note")
    for problem in found[:SHOWN]:
        mark = "✗" if problem.severity == "problem" else "·"
        say(f"{mark} {problem.message(lang)}")
    if len(found) > SHOWN:
        rest = Counter((p.file, p.column, p.severity) for p in found[SHOWN:])
        for (file, column, severity), n in rest.most_common(20):
            say(f"… {file} {column}: +{n} {severity}")
        say("全部清单 / the whole list: recommender data check PATH --json")


def _summary(ready: Import) -> None:
    rows: list[Iterable[object]] = []
    for name, read in ready.reading.read.items():
        change = ready.changes[name]
        rows.append([f"{TABLES[name].zh} {name}", read, read - _good(ready, name), *change])
    headers = ["数据表 table", "行 rows", "未取 left out", "新 new", "改 changed", "同 same", "去 gone"]
    show("导入预览 / Preview", headers, [list(row) for row in rows], ready.tables.made_up)
    problems, notes = ready.counts
    say(f"{problems} 个问题,{notes} 条提示 / {problems} problems, {notes} notes")


def _good(ready: Import, name: str) -> int:
    return len(ready.reading.tables[name])
