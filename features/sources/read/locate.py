"""Which files and sheets under the given paths are tables, by name; what is not is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from features.errors import FileReadError
from features.schema import TABLES
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.read.csv_reader import read_csv
from features.sources.read.parquet_reader import read_parquet
from features.sources.read.sheet import Sheet, fold
from features.sources.read.xlsx_reader import Workbook

ORIGIN: Final = "origin.json"
SUFFIXES: Final = (".csv", ".csv.gz", ".xlsx", ".parquet")
EXPLAINING: Final = ("说明", "readme")  # the first sheet of the template


@dataclass(frozen=True)
class SourceFile:
    """One sheet of one table, not yet read. shared: its workbook holds other tables too."""

    table: str
    file: str
    size: int
    read: Callable[[], Sheet]
    shared: bool = False


def locate(paths: Sequence[Path], claimed: frozenset[Path], findings: Issues) -> list[SourceFile]:
    """All tables under the paths; `claimed` files belong to a mapped file. Raises UnreadableFile."""
    found: list[SourceFile] = []
    for path in paths:
        files = _files(path)
        for file in files:
            if file.resolve() in claimed:
                continue
            sources = list(_sources(file, path == file, findings))
            found += sources
            if not sources and file.suffix != ".xlsx":
                names = "、".join(list(TABLES)[:3])
                findings.add(
                    file.name,
                    Message(f"文件名不是数据表名(如 {names}),未导入", "not named as a table; left out", "teachers.csv"),
                    severity="problem" if path == file else "note",
                )  # fmt: skip
    return found


def made_up(paths: Sequence[Path]) -> bool:
    """Whether an origin.json beside any of the files says that they are made up. Raises UnreadableFile."""
    told = False
    for path in paths:
        origin = (path if path.is_dir() else path.parent) / ORIGIN
        if not origin.exists():
            continue
        try:
            held = json.loads(origin.read_text("utf-8"))
            told |= bool(held["made_up"]) if "made_up" in held else False
        except (OSError, ValueError, TypeError) as wrong:
            raise FileReadError(f"{origin}: not a JSON object ({wrong}); mend or delete it") from wrong
    return told


def suffix_of(path: Path) -> str:
    """The suffix that decides how a file is read, empty where it cannot be."""
    name = path.name.casefold()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def table_named(text: str) -> str | None:
    """The table with this name or Chinese name."""
    wanted = fold(text).replace("_", "")
    return next((t.name for t in TABLES.values() if wanted in (t.name.replace("_", ""), t.zh)), None)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return [
            file
            for file in sorted(path.iterdir())
            if file.is_file() and suffix_of(file) and not file.name.startswith((".", "~$"))
        ]
    if not path.exists():
        raise FileReadError(f"{path}: no such file or directory; check the path")
    if not suffix_of(path):
        raise FileReadError(f"{path.name}: not .csv, .xlsx or .parquet; save it as one of these and retry")
    return [path]


def _sources(file: Path, named: bool, findings: Issues) -> Iterator[SourceFile]:
    suffix = suffix_of(file)
    name = table_named(file.name[: -len(suffix)])
    size = file.stat().st_size
    if suffix == ".xlsx":
        yield from _of_workbook(file, name, named, findings)
    elif name is not None:
        read = read_parquet if suffix == ".parquet" else read_csv
        yield SourceFile(name, file.name, size, lambda: read(file))


def _of_workbook(file: Path, name: str | None, given: bool, findings: Issues) -> Iterator[SourceFile]:
    """The sheets named as tables; in NAME.xlsx without a sheet of that name, the first one.

    given: the user named this very workbook, so that nothing in it would be a problem.
    """
    book = Workbook(file)
    named = {sheet: table_named(sheet) for sheet in book.sheets}
    if name is not None and name not in named.values() and book.sheets:
        named[book.sheets[0]] = name
    several = sum(table is not None for table in named.values()) > 1
    for sheet, table in named.items():
        if table is not None:
            size = file.stat().st_size // max(len(named), 1)
            yield SourceFile(table, file.name, size, lambda sheet=sheet: book.sheet(sheet), several)  # type: ignore[misc]
        elif fold(sheet) not in EXPLAINING:
            findings.add(
                file.name, Message("工作表名不是数据表名,未导入", "a sheet not named as a table; left out"),
                sheet=sheet, severity="note",
            )  # fmt: skip
    if not any(named.values()):
        findings.add(
            file.name,
            Message(
                "没有一个工作表以数据表命名",
                "a workbook with at least one sheet named as a table",
                "teachers",
            ),
            severity="problem" if given else "note",
        )
