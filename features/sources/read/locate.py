"""The files and sheets under the given paths that are named as tables; an issue for each other one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from features.documents import DocumentError, MissingDocumentError, read_json
from features.errors import FileReadError
from features.messages import message
from features.schema import TABLES
from features.sources.issue import with_example
from features.sources.issues import Issues
from features.sources.read.isolated.file_reader import (
    check_name,
    check_regular,
    read_encoded_sheet,
    sheet_names,
)
from features.sources.read.sheet import Sheet, fold

ORIGIN: Final = "origin.json"
SUFFIXES: Final = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".xlsx", ".parquet")
INSTRUCTIONS: Final = ("说明", "readme")  # the first sheet of the template


@dataclass(frozen=True)
class Claim:
    """What a mapping file does with a file: the tables it makes of it by a [[table]] of their own, and the encoding
    and separator that it gives."""

    tables: frozenset[str] = frozenset()
    encoding: str | None = None
    separator: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """One sheet of one table, not yet read. shared: its workbook holds other tables too. claimed: a mapping file
    uses the file as well."""

    table: str
    file: str
    size: int
    read: Callable[[], Sheet]
    shared: bool = False
    claimed: bool = False


def locate(paths: Sequence[Path], claims: Mapping[Path, Claim], issues: Issues) -> list[SourceFile]:
    """All tables under the paths, and a note for each file that is not read. Raises FileReadError.

    claims: the files that a mapping file uses; one that is named as a table is that table as well, unless the
    mapping file makes this table of it.
    """
    sources: list[SourceFile] = []
    for path in paths:
        if path.is_dir():
            _note_unread(path, claims, issues)
        for file in _files(path):
            claim = claims.get(file.resolve())
            if claim is not None:
                others = [s for s in _sources(file, False, Issues(), claim) if s.table not in claim.tables]
                sources += [replace(source, claimed=True) for source in others]
                continue
            sources_of_file = list(_sources(file, path == file, issues))
            sources += sources_of_file
            if not sources_of_file and file.suffix != ".xlsx":
                expected = with_example(message("sources.file_not_named_as_table"), "teachers.csv")
                issues.add(file.name, expected, severity="problem" if path == file else "note")
    return sources


def simulated(paths: Sequence[Path]) -> bool:
    """Whether an origin.json beside any of the files marks them as simulated. Raises FileReadError."""
    marked = False
    for path in paths:
        origin = (path if path.is_dir() else path.parent) / ORIGIN
        try:
            marked |= bool(read_json(origin).get("made_up", False))
        except MissingDocumentError:
            continue
        except DocumentError as error:
            raise FileReadError("sources.origin_not_json", path=str(origin), error=error.message) from error
    return marked


def suffix_of(path: Path) -> str:
    """The suffix that decides how a file is read, empty where it cannot be."""
    name = path.name.casefold()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def table_named(text: str) -> str | None:
    """The table with this name or Chinese name."""
    name = fold(text).replace("_", "")
    return next((t.name for t in TABLES.values() if name in (t.name.replace("_", ""), t.zh)), None)


def _files(path: Path) -> list[Path]:
    if os.path.isdir(path):
        return [
            file
            for file in sorted(path.iterdir())
            if suffix_of(file) and not file.name.startswith((".", "~$")) and _named_as_source(file)
        ]
    check_regular(path)
    if not suffix_of(path):
        raise FileReadError("sources.unsupported_suffix", file=path.name)
    return [path]


def _named_as_source(file: Path) -> bool:
    """Whether a file of a directory is read. Raises FileReadError for a table's name on what is no regular file."""
    check_name(file)
    if table_named(file.name[: -len(suffix_of(file))]) is not None:
        check_regular(file)
    return os.path.isfile(file)


def _sources(file: Path, explicit: bool, issues: Issues, claim: Claim = Claim()) -> Iterator[SourceFile]:
    suffix = suffix_of(file)
    name = table_named(file.name[: -len(suffix)])
    size = file.stat().st_size
    if suffix == ".xlsx":
        yield from _of_workbook(file, name, explicit, issues)
    elif name is not None:
        yield SourceFile(name, file.name, size, lambda: _sheet(file, claim))


def _sheet(file: Path, claim: Claim) -> Sheet:
    if suffix_of(file) == ".parquet":
        return read_encoded_sheet(file)
    return read_encoded_sheet(file, encoding=claim.encoding, separator=claim.separator)


def _note_unread(folder: Path, claims: Mapping[Path, Claim], issues: Issues) -> None:
    """A note for each file and folder that is not read; hidden files and those of open programs are no data."""
    for path in sorted(folder.iterdir()):
        resolved = path.resolve()
        if path.name.startswith((".", "~$")) or path.name == ORIGIN or resolved in claims:
            continue
        if path.is_dir():
            if not any(resolved in claim.parents for claim in claims):
                issues.add(path.name, message("sources.unread_folder"), severity="note")
        elif not suffix_of(path) or not os.path.isfile(path):
            issues.add(path.name, message("sources.unread_format"), severity="note")


def _of_workbook(file: Path, name: str | None, explicit: bool, issues: Issues) -> Iterator[SourceFile]:
    """The sheets named as tables; in NAME.xlsx without a sheet of that name, the first one.

    explicit: the user named this file, so that it is a problem when nothing in it is a table.
    """
    sheets = sheet_names(file)
    table_of = {sheet: table_named(sheet) for sheet in sheets}
    if name is not None and name not in table_of.values() and sheets:
        table_of[sheets[0]] = name
    several = sum(table is not None for table in table_of.values()) > 1
    for sheet, table in table_of.items():
        if table is not None:
            size = file.stat().st_size // max(len(table_of), 1)
            yield SourceFile(table, file.name, size, lambda sheet=sheet: read_encoded_sheet(file, sheet), several)  # type: ignore[misc]
        elif fold(sheet) not in INSTRUCTIONS:
            issues.add(file.name, message("sources.sheet_not_named_as_table"), sheet=sheet, severity="note")
    if not any(table_of.values()):
        expected = with_example(message("sources.no_sheet_named_as_table"), "teachers")
        issues.add(file.name, expected, severity="problem" if explicit else "note")
