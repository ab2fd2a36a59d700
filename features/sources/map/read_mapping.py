"""A mapping file, read and validated before any table is read. See contracts, section 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from features.documents import DocumentError, UnparsedDocumentError, read_toml
from features.errors import FileReadError, UsageError
from features.messages import Message, message
from features.sources.map.mapping_spec import (
    FileSpec,
    LinkedColumnSpec,
    LinkedPriorScoreSpec,
    MappingSpec,
    PupilSpec,
    RatingSpec,
    TableSpec,
)
from features.sources.read.locate import Claim

MAX_SECTIONS: Final = 500  # each reads its files again
IDENTIFIED_BY: Final = {"table": "name", "pupils": "assessment", "ratings": "survey"}


@dataclass(frozen=True)
class MappingFile:
    """The sections of a mapping file. `subjects`: synonym -> name."""

    path: Path
    tables: tuple[TableSpec, ...]
    pupils: tuple[PupilSpec, ...]
    ratings: tuple[RatingSpec, ...]
    subjects: Mapping[str, str]

    @property
    def sources(self) -> list[FileSpec]:
        """All rows of files that the mapping uses."""
        sources: list[FileSpec] = [*self.tables, *self.pupils, *self.ratings]
        sources += [p.prior for p in self.pupils if isinstance(p.prior, LinkedPriorScoreSpec)]
        sources += [r.teacher for r in self.ratings if isinstance(r.teacher, LinkedColumnSpec)]
        sources += [column for table in self.tables for column in table.linked.values()]
        return sources

    def files(self, source: FileSpec, paths: Sequence[Path]) -> list[Path]:
        """The files of a source: under the paths, else beside the mapping file. Raises FileReadError."""
        files = [path for path in paths if path.is_file() and path.match(source.file)]
        files += [file for path in paths if path.is_dir() for file in _glob(path, source.file)]
        files = files or list(_glob(self.path.parent, source.file))
        if not files:
            raise FileReadError("sources.no_such_source", mapping=self.path.name, file=source.file)
        return list(dict.fromkeys(files))

    def claims(self, paths: Sequence[Path]) -> dict[Path, Claim]:
        """All files that the mapping uses, and its own, which is no data."""
        claims = {self.path.resolve(): Claim()}
        for source in self.sources:
            table = frozenset({source.name} if isinstance(source, TableSpec) else ())
            for file in self.files(source, paths):
                claim = claims.get(file.resolve(), Claim())
                claims[file.resolve()] = Claim(
                    claim.tables | table,
                    claim.encoding or source.encoding,
                    claim.separator or source.separator,
                )
        return claims


def read_mapping(path: Path) -> MappingFile:
    """The mapping file at `path`. Raises FileReadError, and UsageError for a key or value it cannot have."""
    try:
        content = read_toml(path)
    except UnparsedDocumentError as error:
        raise FileReadError("sources.mapping_unreadable", path=str(path), error=error.message) from error
    except DocumentError as error:
        raise FileReadError("sources.mapping_not_toml", file=path.name, error=error.message) from error
    try:
        spec = MappingSpec.model_validate(content)
    except ValidationError as error:
        raise UsageError("sources.mapping_error", file=path.name, reason=_reason(error, content)) from error
    if len(spec.table) + len(spec.pupils) + len(spec.ratings) > MAX_SECTIONS:
        raise UsageError("sources.mapping_too_long", file=path.name, limit=MAX_SECTIONS)
    tables = tuple(_with_class(table, spec.pupils) for table in spec.table)
    return MappingFile(path, tables, spec.pupils, spec.ratings, spec.subjects)


def _with_class(table: TableSpec, pupils: Sequence[PupilSpec]) -> TableSpec:
    """The classes table: its class_id comes from its own `class`, else from that of the same file's pupils."""
    if table.classes is not None:
        return table.with_class(table.classes)
    if table.name != "classes" or not table.columns:
        return table
    classes = [p.classes for p in pupils if p.file == table.file]
    same = bool(classes) and all(spec == classes[0] for spec in classes)
    return table.with_class(classes[0]) if same else table


def _reason(invalid: ValidationError, content: Mapping[str, Any]) -> Message:
    """The first error: where it is, and the rule that it breaks."""
    error = invalid.errors(include_url=False, include_input=False)[0]
    # tags of a union, such as <file>, are no keys
    path = [key for key in error["loc"] if not (isinstance(key, str) and key.startswith("<"))]
    rule = Message(error["type"], error.get("ctx", {}))
    return message("sources.mapping_rule", section=_section(path, content), rule=rule)


def _section(path: Sequence[int | str], content: Mapping[str, Any]) -> Message | str:
    """The place of a key, such as `[[table]] teachers: columns.role`."""
    if not path:
        return message("sources.mapping_whole_file")
    if len(path) == 1 or not isinstance(path[1], int):
        return ".".join(map(str, path))
    head = str(path[0])
    section = content[head][path[1]]
    name = section.get(IDENTIFIED_BY[head], "") if isinstance(section, dict) else ""
    keys = ".".join(map(str, path[2:]))
    return f"[[{head}]] {name}".rstrip() + (f": {keys}" if keys else "")


def _glob(folder: Path, pattern: str) -> Iterator[Path]:
    if Path(pattern).is_absolute():
        yield from sorted(Path("/").glob(str(Path(pattern).relative_to("/"))))
        return
    yield from sorted(
        file for file in folder.glob(pattern) if file.is_file() and not file.name.startswith("~$")
    )
