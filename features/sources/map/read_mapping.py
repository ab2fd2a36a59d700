"""A mapped file, read and checked before any table is looked at. See contracts, section 1."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from features.errors import FileReadError
from features.schema import TABLES
from features.sources.map.mapping_spec import (
    ColumnSpec,
    FileSpec,
    LinkSpec,
    PriorScoreSpec,
    PupilSpec,
    RatingSpec,
    TableSpec,
    WideSpec,
)
from features.sources.map.toml_values import TomlReader

ABOUT: Final = ("subject", "name", "programme", "date", "term", "stage", "grade", "sample_type")
PLACE: Final = ("file", "sheet", "header", "where")
_TABLE_KEYS: Final = {"name", *PLACE, "unique", "columns", "wide", "class"}
_PUPIL_KEYS: Final = {
    *PLACE, "assessment", "class", "pupil", "weight", "scores", "prior", "missing", "reliability",
    "prior_reliability", "teacher", "school", *ABOUT,
}  # fmt: skip
_RATING_KEYS: Final = {
    *PLACE, "survey", "date", "teacher", "items", "scale", "reverse", "class", "pupil", "missing",
}  # fmt: skip


@dataclass(frozen=True)
class MappingFile:
    """The whole file. `subjects`: synonym -> name."""

    path: Path
    tables: tuple[TableSpec, ...]
    pupils: tuple[PupilSpec, ...]
    ratings: tuple[RatingSpec, ...]
    subjects: Mapping[str, str]

    @property
    def places(self) -> list[FileSpec]:
        """All rows that the mapping speaks of."""
        found = [table.place for table in self.tables]
        for pupils in self.pupils:
            found.append(pupils.place)
            if pupils.prior is not None and pupils.prior.place is not None:
                found.append(pupils.prior.place)
        for ratings in self.ratings:
            found.append(ratings.place)
            if isinstance(ratings.teacher, LinkSpec):
                found.append(ratings.teacher.place)
        return found

    def files(self, place: FileSpec, paths: Sequence[Path]) -> list[Path]:
        """The files of a place: under the paths, else beside the mapped file. Raises UnreadableFile."""
        folders = [path for path in paths if path.is_dir()]
        found = [path for path in paths if path.is_file() and path.match(place.file)]
        found += [file for folder in folders for file in _glob(folder, place.file)]
        found = found or list(_glob(self.path.parent, place.file))
        if not found:
            raise FileReadError(
                f"{self.path.name}: no file {place.file!r} under the given paths; check both"
            )
        return list(dict.fromkeys(found))

    def claimed(self, paths: Sequence[Path]) -> frozenset[Path]:
        """All files that the mapping speaks of."""
        return frozenset(file.resolve() for place in self.places for file in self.files(place, paths))


def read_mapping(path: Path) -> MappingFile:
    """The mapped file at `path`. Raises UnreadableFile, and WrongUse for what it cannot mean."""
    try:
        held = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as wrong:
        raise FileReadError(f"{path}: {wrong.strerror or wrong}; check the path of the mapping") from wrong
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise FileReadError(f"{path.name}: not valid TOML ({wrong}); mend it and retry") from wrong
    ask = TomlReader(path.name)
    ask.known(held, {"table", "pupils", "ratings", "subjects"}, "the file")
    pupils = tuple(_pupils(p, ask) for p in ask.listed(held, "pupils"))
    tables = tuple(_with_class(_table(t, ask), pupils) for t in ask.listed(held, "table"))
    ratings = tuple(_ratings(r, ask) for r in ask.listed(held, "ratings"))
    if not tables and not pupils and not ratings:
        raise ask.wrong("it has no [[table]], no [[pupils]] and no [[ratings]]")
    return MappingFile(path, tables, pupils, ratings, ask.words(held.get("subjects", {}), "[subjects]"))


def _table(held: Mapping[str, Any], ask: TomlReader) -> TableSpec:
    name = ask.text(held, "name", "[[table]]")
    where = f"[[table]] {name}"
    ask.known(held, _TABLE_KEYS, where)
    if name not in TABLES:
        raise ask.wrong(f"there is no table {name!r} (known: {', '.join(TABLES)})")
    columns = held.get("columns", {})
    if not isinstance(columns, dict):
        raise ask.wrong(f"{where}: columns are written below [table.columns]")
    spread = columns.get("wide", held.get("wide"))
    own = {column.name for column in TABLES[name].columns}
    ask.known(columns, own | {"wide"}, where)
    found = {key: ask.column(given, f"{where}: {key}") for key, given in columns.items() if key != "wide"}
    if "class" in held and name == "classes":
        found.setdefault("class_id", ColumnSpec(ask.sources(held["class"], f"{where}: class")))
    elif "class" in held:
        raise ask.wrong(f"{where}: class is for the table classes")
    unique = ask.truth(held, "unique", where)
    return TableSpec(name, ask.place(held, where), unique, found, _wide(spread, own, where, ask))


def _with_class(found: TableSpec, pupils: Sequence[PupilSpec]) -> TableSpec:
    """The classes table gets its class_id as the pupils of the same file do, unless told otherwise."""
    if found.name != "classes" or not found.columns or "class_id" in found.columns:
        return found
    same = [p.classes for p in pupils if p.place.file == found.place.file]
    if not same or len(set(same)) > 1:
        return found
    return replace(found, columns={"class_id": ColumnSpec(same[0]), **found.columns})


def _wide(given: Any, own: set[str], where: str, ask: TomlReader) -> WideSpec | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ask.wrong(f"{where}: wide is {{ from = […], into = [item, score] }}")
    ask.known(given, {"from", "into"}, f"{where}: wide")
    into = ask.texts(given.get("into"), f"{where}: wide.into")
    if len(into) != 2 or not own.issuperset(into):
        raise ask.wrong(f"{where}: wide.into names two columns of the table")
    return WideSpec(ask.texts(given.get("from"), f"{where}: wide.from"), *into)


def _pupils(held: Mapping[str, Any], ask: TomlReader) -> PupilSpec:
    where = f"[[pupils]] {held.get('assessment', '')}".rstrip()
    ask.known(held, _PUPIL_KEYS, where)
    scores = _scores(held.get("scores"), where, ask)
    found = PupilSpec(
        place=ask.place(held, where),
        assessment=ask.text(held, "assessment", where),
        classes=ask.texts(held.get("class"), f"{where}: class"),
        pupil=ask.text(held, "pupil", where),
        scores=scores,
        weight=ask.text(held, "weight", where) if "weight" in held else None,
        prior=_prior(held["prior"], scores, where, ask) if "prior" in held else None,
        missing=ask.numbers(held.get("missing", []), f"{where}: missing"),
        reliability=ask.shares(held.get("reliability", {}), scores, f"{where}: reliability"),
        prior_reliability=ask.shares(
            held.get("prior_reliability", {}), scores, f"{where}: prior_reliability"
        ),
        teacher=ask.column(held["teacher"], f"{where}: teacher") if "teacher" in held else None,
        school=ask.column(held["school"], f"{where}: school") if "school" in held else None,
        about={key: ask.text(held, key, where) for key in ABOUT if key in held},
    )
    _complete(found, where, ask)
    return found


def _scores(given: Any, where: str, ask: TomlReader) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, dict) or not given:
        raise ask.wrong(f'{where}: scores is {{ dimension = "column", … }}')
    return {
        str(name): (column,)
        if isinstance(column, str) and column
        else ask.texts(column, f"{where}: scores.{name}")
        for name, column in given.items()
    }


def _prior(given: Any, scores: Mapping[str, Any], where: str, ask: TomlReader) -> PriorScoreSpec:
    where = f"{where}: prior"
    if not isinstance(given, dict):
        raise ask.wrong(f"{where} is {{ file = …, on = …, scores = {{ … }} }}")
    ask.known(given, {*PLACE, "on", "scores"}, where)
    found = _scores(given.get("scores"), where, ask)
    if not set(scores).issuperset(found):
        raise ask.wrong(f"{where}: its scores have the names of the scores ({', '.join(scores)})")
    if "file" in given:
        return PriorScoreSpec(found, ask.place(given, where), ask.text(given, "on", where))
    if len(given) > 1:
        raise ask.wrong(f"{where}: {', '.join(sorted(set(given) - {'scores'}))} need a file")
    return PriorScoreSpec(found)


def _ratings(held: Mapping[str, Any], ask: TomlReader) -> RatingSpec:
    where = f"[[ratings]] {held.get('survey', '')}".rstrip()
    ask.known(held, _RATING_KEYS, where)
    given = held.get("items")
    columns = given if isinstance(given, dict) else dict.fromkeys(ask.texts(given, f"{where}: items"))
    items = {str(name): name if column is None else column for name, column in columns.items()}
    if not items or not all(isinstance(column, str) and column for column in items.values()):
        raise ask.wrong(f'{where}: items is {{ item = "column", … }} or a list of columns')
    scale = ask.numbers(held.get("scale"), f"{where}: scale")
    if len(scale) != 2 or scale[0] >= scale[1]:
        raise ask.wrong(f"{where}: scale is [lowest, highest]")
    turned = held.get("reverse", False)
    reverse = list(items) if turned is True else [] if turned is False else turned
    if reverse and not set(ask.texts(reverse, f"{where}: reverse")) <= set(items):
        raise ask.wrong(f"{where}: reverse is true or a list of items ({', '.join(items)})")
    return RatingSpec(
        place=ask.place(held, where),
        survey=ask.text(held, "survey", where),
        date=ask.text(held, "date", where),
        teacher=_teacher(held, where, ask),
        items=items,
        scale=(scale[0], scale[1]),
        reverse=frozenset(reverse),
        classes=ask.texts(held["class"], f"{where}: class") if "class" in held else (),
        pupil=ask.text(held, "pupil", where) if "pupil" in held else None,
        missing=ask.numbers(held.get("missing", []), f"{where}: missing"),
    )


def _teacher(held: Mapping[str, Any], where: str, ask: TomlReader) -> ColumnSpec | LinkSpec:
    """Of the same row, or of the pupil in the rows of another file."""
    given = held.get("teacher")
    if not isinstance(given, dict) or "file" not in given:
        return ask.column(given, f"{where}: teacher")
    if "pupil" not in held:
        raise ask.wrong(f"{where}: teacher from another file needs pupil = …")
    where = f"{where}: teacher"
    column = ask.column({k: v for k, v in given.items() if k not in (*PLACE, "on")}, where)
    return LinkSpec(ask.place(given, where), ask.text(given, "on", where), column)


def _complete(found: PupilSpec, where: str, ask: TomlReader) -> None:
    """All that a row of assessments or classes needs has to be told, or nothing."""
    given = set(found.about)
    needs: dict[str, tuple[str, ...]] = {}
    if given & {"name", "programme", "date", "stage", "sample_type"}:
        needs["assessments"] = ("date", "stage", "subject")
    if found.teacher is not None or found.school is not None:
        if found.teacher is None or found.school is None:
            raise ask.wrong(f"{where}: teacher and school belong together")
        needs["classes"] = ("subject", "term", "grade")
    for table, keys in needs.items():
        lacking = [key for key in keys if key not in given]
        if lacking:
            raise ask.wrong(f"{where}: rows of {table} also need {', '.join(lacking)}")
    if not needs and given:
        raise ask.wrong(
            f"{where}: {', '.join(sorted(given))} need a date and stage, or teacher and school, beside them"
        )


def _glob(folder: Path, pattern: str) -> Iterator[Path]:
    if Path(pattern).is_absolute():
        yield from sorted(Path("/").glob(str(Path(pattern).relative_to("/"))))
        return
    yield from sorted(
        file for file in folder.glob(pattern) if file.is_file() and not file.name.startswith("~$")
    )
