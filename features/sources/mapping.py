"""A mapped file, read and checked: which files become which tables, column by column. See contracts, section 1."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from features.errors import UnreadableFile, WrongUse
from features.schema import TABLES
from features.sources.locate import suffix_of


class From(NamedTuple):
    """A column made of a source column: `map` first, then prefix and suffix; or one `value` in every row."""

    source: str | None = None
    prefix: str = ""
    suffix: str = ""
    map: Mapping[str, str] = {}
    value: str = ""


@dataclass(frozen=True)
class Place:
    """Rows of a file or of several: a glob, the sheet, the header's row number, a row filter."""

    file: str
    sheet: str | None = None
    header: int | None = None
    where: str | None = None


@dataclass(frozen=True)
class Wide:
    """Columns that become rows: their headers go into the column `item`, their cells into `score`."""

    sources: tuple[str, ...]
    item: str
    score: str


@dataclass(frozen=True)
class TableMap:
    """One [[table]]: without `columns` the source has the table's own headers."""

    name: str
    place: Place
    unique: bool = False
    columns: Mapping[str, From] = field(default_factory=dict)
    wide: Wide | None = None


@dataclass(frozen=True)
class Prior:
    """Earlier scores of the same pupils, joined `on` the pupil's id; without a place, in the same rows."""

    scores: Mapping[str, tuple[str, ...]]
    place: Place | None = None
    on: str = ""


@dataclass(frozen=True)
class PupilMap:
    """One [[pupils]]; `about` holds what the tables need beside the scores (see `ABOUT`)."""

    place: Place
    assessment: str
    classes: tuple[str, ...]
    pupil: str
    scores: Mapping[str, tuple[str, ...]]
    weight: str | None = None
    prior: Prior | None = None
    missing: tuple[float, ...] = ()
    subject: Mapping[str, str] | str | None = None
    teacher: From | None = None
    school: From | None = None
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mapped:
    """The whole file. `subjects`: synonym -> name."""

    path: Path
    tables: tuple[TableMap, ...]
    pupils: tuple[PupilMap, ...]
    subjects: Mapping[str, str]

    def files(self, place: Place, paths: Sequence[Path]) -> list[Path]:
        """The files of a place: under the paths, else beside the mapped file. Raises UnreadableFile."""
        folders = [path for path in paths if path.is_dir()]
        found = [path for path in paths if path.is_file() and path.match(place.file)]
        found += [file for folder in folders for file in _glob(folder, place.file)]
        found = found or list(_glob(self.path.parent, place.file))
        if not found:
            raise UnreadableFile(
                f"{self.path.name}: no file {place.file!r} under the given paths; check both"
            )
        return list(dict.fromkeys(found))

    def claimed(self, paths: Sequence[Path]) -> frozenset[Path]:
        """All files that the mapping speaks of."""
        places = [table.place for table in self.tables]
        for pupils in self.pupils:
            places.append(pupils.place)
            if pupils.prior is not None and pupils.prior.place is not None:
                places.append(pupils.prior.place)
        return frozenset(file.resolve() for place in places for file in self.files(place, paths))


ABOUT: Final = ("name", "programme", "date", "term", "stage", "grade", "sample_type")
_TABLE_KEYS: Final = {"name", "file", "sheet", "header", "where", "unique", "columns", "wide"}
_PUPIL_KEYS: Final = {
    "file", "sheet", "header", "where", "assessment", "class", "pupil", "weight", "scores", "prior", "missing",
    "subject", "teacher", "school", *ABOUT,
}  # fmt: skip


def read_mapping(path: Path) -> Mapped:
    """The mapped file at `path`. Raises UnreadableFile, and WrongUse for what it cannot mean."""
    try:
        held = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as wrong:
        raise UnreadableFile(f"{path}: {wrong.strerror or wrong}; check the path of the mapping") from wrong
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise UnreadableFile(f"{path.name}: not valid TOML ({wrong}); mend it and retry") from wrong
    ask = _Ask(path.name)
    ask.known(held, {"table", "pupils", "subjects"}, "the file")
    tables = tuple(_table(t, ask) for t in ask.listed(held, "table"))
    pupils = tuple(_pupils(p, ask) for p in ask.listed(held, "pupils"))
    if not tables and not pupils:
        raise ask.wrong("it has neither [[table]] nor [[pupils]]")
    return Mapped(path, tables, pupils, ask.words(held.get("subjects", {}), "[subjects]"))


class _Ask:
    """Takes values out of TOML and names the mapped file in what it refuses."""

    def __init__(self, file: str) -> None:
        self._file = file

    def wrong(self, what: str) -> WrongUse:
        return WrongUse(f"{self._file}: {what}; see the section on mapped files")

    def known(self, held: Mapping[str, Any], keys: set[str], where: str) -> None:
        for key in held:
            if key not in keys:
                raise self.wrong(f"{where} has an unknown key {key!r} (known: {', '.join(sorted(keys))})")

    def listed(self, held: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
        given = held.get(key, [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            raise self.wrong(f"{key} is written as [[{key}]]")
        return iter(given)

    def text(self, held: Mapping[str, Any], key: str, where: str) -> str:
        given = held.get(key)
        if not isinstance(given, str) or not given:
            raise self.wrong(f'{where} needs {key} = "…"')
        return given

    def texts(self, given: Any, where: str) -> tuple[str, ...]:
        if not isinstance(given, list) or not given or not all(isinstance(g, str) for g in given):
            raise self.wrong(f"{where} needs a list of column names")
        return tuple(given)

    def words(self, given: Any, where: str) -> dict[str, str]:
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise self.wrong(f'{where} holds lines of the form "…" = "…"')
        return {str(k): v for k, v in given.items()}

    def place(self, held: Mapping[str, Any], where: str) -> Place:
        header = held.get("header")
        if header is not None and (not isinstance(header, int) or isinstance(header, bool) or header < 1):
            raise self.wrong(f"{where}: header is a row number from 1")
        file = self.text(held, "file", where)
        if not suffix_of(Path(file)):
            raise self.wrong(f"{where}: file {file!r} is not .csv, .csv.gz, .xlsx or .parquet")
        optional = {key: self.text(held, key, where) for key in ("sheet", "where") if key in held}
        return Place(file, optional.get("sheet"), header, optional.get("where"))

    def column(self, given: Any, where: str) -> From:
        if isinstance(given, str):
            return From(given)
        if not isinstance(given, dict):
            raise self.wrong(f"{where} is a column name or {{ from = …, … }}")
        self.known(given, {"from", "prefix", "suffix", "map", "value"}, where)
        if ("from" in given) == ("value" in given):
            raise self.wrong(f"{where} needs either from or value")
        if "value" in given:
            if len(given) > 1 or not isinstance(given["value"], str | int | float):
                raise self.wrong(f"{where}: value is one text or number and stands alone")
            return From(value=str(given["value"]))
        ends = {key: str(given.get(key, "")) for key in ("prefix", "suffix")}
        words = self.words(given.get("map", {}), f"{where}.map")
        return From(self.text(given, "from", where), ends["prefix"], ends["suffix"], words)


def _table(held: Mapping[str, Any], ask: _Ask) -> TableMap:
    name = ask.text(held, "name", "[[table]]")
    where = f"[[table]] {name}"
    ask.known(held, _TABLE_KEYS, where)
    if name not in TABLES:
        raise ask.wrong(f"there is no table {name!r} (known: {', '.join(TABLES)})")
    columns = dict(held.get("columns", {}))
    spread = columns.pop("wide", None) or held.get("wide")
    own = {column.name for column in TABLES[name].columns}
    ask.known(columns, own, where)
    found = {key: ask.column(given, f"{where}: {key}") for key, given in columns.items()}
    return TableMap(
        name, ask.place(held, where), held.get("unique", False) is True, found, _wide(spread, own, where, ask)
    )


def _wide(given: Any, own: set[str], where: str, ask: _Ask) -> Wide | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ask.wrong(f"{where}: wide is {{ from = […], into = [item, score] }}")
    into = ask.texts(given.get("into"), f"{where}: wide.into")
    if len(into) != 2 or not own.issuperset(into):
        raise ask.wrong(f"{where}: wide.into names two columns of the table")
    return Wide(ask.texts(given.get("from"), f"{where}: wide.from"), *into)


def _pupils(held: Mapping[str, Any], ask: _Ask) -> PupilMap:
    where = f"[[pupils]] {held.get('assessment', '')}".rstrip()
    ask.known(held, _PUPIL_KEYS, where)
    missing = held.get("missing", [])
    if not isinstance(missing, list) or not all(isinstance(code, int | float) for code in missing):
        raise ask.wrong(f"{where}: missing is a list of numbers")
    subject = held.get("subject")
    if isinstance(subject, dict):
        subject = ask.words(subject, f"{where}: subject")
    elif subject is not None:
        subject = ask.text(held, "subject", where)
    scores = _scores(held.get("scores"), where, ask)
    if isinstance(subject, dict) and set(subject) != set(scores):
        raise ask.wrong(f"{where}: subject names each of the scores")
    found = PupilMap(
        ask.place(held, where), ask.text(held, "assessment", where),
        ask.texts(held.get("class"), f"{where}: class"), ask.text(held, "pupil", where), scores,
        ask.text(held, "weight", where) if "weight" in held else None,
        _prior(held.get("prior"), scores, where, ask), tuple(map(float, missing)), subject,
        *(ask.column(held[key], f"{where}: {key}") if key in held else None for key in ("teacher", "school")),
        {key: ask.text(held, key, where) for key in ABOUT if key in held},
    )  # fmt: skip
    _complete(found, where, ask)
    return found


def _complete(found: PupilMap, where: str, ask: _Ask) -> None:
    """All that a row of assessments or classes needs has to be told, or nothing."""
    given = {**found.about, **({"subject": "…"} if found.subject is not None else {})}
    needs: dict[str, tuple[str, ...]] = {}
    if "date" in given or "stage" in given:
        needs["assessments"] = ("date", "stage", "subject")
    if found.teacher is not None or found.school is not None:
        if found.teacher is None or found.school is None:
            raise ask.wrong(f"{where}: teacher and school belong together")
        needs["classes"] = ("subject", "term", "grade")
    for table, keys in needs.items():
        lacking = [key for key in keys if key not in given]
        if lacking:
            raise ask.wrong(f"{where}: rows of {table} also need {', '.join(lacking)}")


def _scores(given: Any, where: str, ask: _Ask) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, dict) or not given:
        raise ask.wrong(f'{where}: scores is {{ dimension = "column", … }}')
    return {
        str(name): (column,) if isinstance(column, str) else ask.texts(column, f"{where}: scores.{name}")
        for name, column in given.items()
    }


def _prior(given: Any, scores: Mapping[str, Any], where: str, ask: _Ask) -> Prior | None:
    if given is None:
        return None
    where = f"{where}: prior"
    if not isinstance(given, dict):
        raise ask.wrong(f"{where} is {{ file = …, on = …, scores = {{ … }} }}")
    ask.known(given, {"file", "sheet", "header", "where", "on", "scores"}, where)
    found = _scores(given.get("scores"), where, ask)
    if not set(scores).issuperset(found):
        raise ask.wrong(f"{where}: its scores have the names of the scores")
    if "file" not in given:
        if "on" in given or "where" in given:
            raise ask.wrong(f"{where}: on and where go with a file")
        return Prior(found)
    return Prior(found, ask.place(given, where), ask.text(given, "on", where))


def _glob(folder: Path, pattern: str) -> Iterator[Path]:
    if Path(pattern).is_absolute():
        yield from sorted(Path("/").glob(str(Path(pattern).relative_to("/"))))
        return
    yield from sorted(
        file for file in folder.glob(pattern) if file.is_file() and not file.name.startswith("~$")
    )
