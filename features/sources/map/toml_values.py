"""Values out of a TOML file, one kind at a time; what is of another kind is refused by name and place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from features.errors import UsageError
from features.sources.map.mapping_spec import ColumnSpec, FileSpec
from features.sources.read.locate import suffix_of


class TomlReader:
    """Every method raises WrongUse that names `file` and `where` in it."""

    def __init__(self, file: str) -> None:
        self._file = file

    def wrong(self, what: str) -> UsageError:
        """The error to raise."""
        return UsageError(f"{self._file}: {what}; mend the mapped file and retry")

    def known(self, held: Mapping[str, Any], keys: set[str], where: str) -> None:
        """Refuses keys that are not among `keys`."""
        for key in held:
            if key not in keys:
                raise self.wrong(f"{where} has an unknown key {key!r} (known: {', '.join(sorted(keys))})")

    def listed(self, held: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
        """The [[key]] sections."""
        given = held.get(key, [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            raise self.wrong(f"{key} is written as [[{key}]]")
        return iter(given)

    def text(self, held: Mapping[str, Any], key: str, where: str) -> str:
        """A text that is not empty; a day may stand without quotes."""
        given = held.get(key)
        if isinstance(given, date):
            return str(given)
        if not isinstance(given, str) or not given.strip():
            raise self.wrong(f'{where} needs {key} = "…"')
        return given

    def truth(self, held: Mapping[str, Any], key: str, where: str) -> bool:
        """true or false; false where nothing is said."""
        given = held.get(key, False)
        if not isinstance(given, bool):
            raise self.wrong(f"{where}: {key} is true or false")
        return given

    def texts(self, given: Any, where: str) -> tuple[str, ...]:
        """A list of column names, none of them twice."""
        if not isinstance(given, list) or not given or not all(isinstance(g, str) and g for g in given):
            raise self.wrong(f"{where} needs a list of column names")
        if len(set(given)) < len(given):
            raise self.wrong(f"{where} names a column twice")
        return tuple(given)

    def words(self, given: Any, where: str) -> dict[str, str]:
        """Lines of text = text."""
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise self.wrong(f'{where} holds lines of the form "…" = "…"')
        return {str(k): v for k, v in given.items()}

    def numbers(self, given: Any, where: str) -> tuple[float, ...]:
        """A list of numbers."""
        real = isinstance(given, list) and all(
            isinstance(code, int | float) and not isinstance(code, bool) for code in given
        )
        if not real:
            raise self.wrong(f"{where} is a list of numbers")
        return tuple(float(code) for code in given)

    def place(self, held: Mapping[str, Any], where: str) -> FileSpec:
        """The file of a section, with its sheet, header and filter."""
        header = held.get("header")
        if header is not None and (not isinstance(header, int) or isinstance(header, bool) or header < 1):
            raise self.wrong(f"{where}: header is a row number from 1")
        file = self.text(held, "file", where)
        if not suffix_of(Path(file)):
            raise self.wrong(f"{where}: file {file!r} is not .csv, .csv.gz, .xlsx or .parquet")
        optional = {key: self.text(held, key, where) for key in ("sheet", "where") if key in held}
        return FileSpec(file, optional.get("sheet"), header, optional.get("where"))

    def column(self, given: Any, where: str) -> ColumnSpec:
        """How a column is made: of a source column, or one value for all rows."""
        if isinstance(given, str | list) and given:
            return ColumnSpec(self.sources(given, where))
        if not isinstance(given, dict):
            raise self.wrong(f"{where} is a column name, a list of them or {{ from = …, … }}")
        self.known(given, {"from", "prefix", "suffix", "map", "value", "years_before"}, where)
        if ("from" in given) == ("value" in given):
            raise self.wrong(f"{where} needs either from or value")
        if "value" in given:
            value = given["value"]
            if len(given) > 1 or isinstance(value, bool) or not isinstance(value, str | int | float | date):
                raise self.wrong(f"{where}: value is one text or number and stands alone")
            return ColumnSpec(value=str(value))
        ends = {key: self.text(given, key, where) for key in ("prefix", "suffix") if key in given}
        return ColumnSpec(
            self.sources(given["from"], f"{where}.from"),
            ends.get("prefix", ""),
            ends.get("suffix", ""),
            self.words(given.get("map", {}), f"{where}.map"),
            years_before=self._day(given, where),
        )

    def sources(self, given: Any, where: str) -> tuple[str, ...]:
        """One column name or a list of them."""
        return (given,) if isinstance(given, str) and given else self.texts(given, where)

    def shares(self, given: Any, known: Mapping[str, Any], where: str) -> dict[str, float]:
        """dimension -> number above 0 and at most 1; one number stands for all dimensions."""
        each = given if isinstance(given, dict) else dict.fromkeys(known, given)
        self.known(each, set(known), where)
        for value in each.values():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
                raise self.wrong(f"{where} is a number above 0 and at most 1, or one for each dimension")
        return {str(name): float(value) for name, value in each.items()}

    def _day(self, given: Mapping[str, Any], where: str) -> date | None:
        if "years_before" not in given:
            return None
        try:
            return date.fromisoformat(self.text(given, "years_before", where))
        except ValueError as wrong:
            raise self.wrong(f"{where}: years_before is a day such as 2025-09-01") from wrong
