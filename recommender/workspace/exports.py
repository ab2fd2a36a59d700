"""Exported files: columns by contract, format by suffix, safe to open in a spreadsheet.

Parquet keeps every byte; text in CSV and Excel is escaped so that no spreadsheet runs it as a formula. Rows are added
block by block, so a whole city fits in memory. A file appears complete or not at all.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from features.documents import DocumentError, read_json
from features.errors import DataError, UsageError
from recommender.workspace.atomic import replacing, write_json

_S: Final = pa.string()
_F: Final = pa.float64()
_UNIT: Final = [("unit_kind", _S), ("unit_id", _S)]
SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "needs": pa.schema([
        *_UNIT, ("competency_id", _S), ("mean", _F), ("sd", _F), ("reliability", _F),
        ("gap_mean", _F), ("gap_sd", _F), ("p_need", _F), ("expected_gap", _F), ("band", _S), ("sources", _S),
        ("n_evidence", pa.int64()), ("as_of", pa.date32()), ("records", _S), ("latest_on", pa.date32()),
        ("estimate_from", _S),
    ]),
    "class_effects": pa.schema([
        ("assessment_id", _S), ("dimension", _S), ("class_id", _S), ("mean", _F), ("sd", _F),
    ]),
    "school_views": pa.schema([
        ("org_id", _S), ("competency_id", _S), ("view", _S), ("mean", _F), ("sd", _F),
    ]),
    "course_effects": pa.schema([
        ("course_id", _S), ("effect_mean", _F), ("effect_sd", _F), ("n_treated", pa.int64()),
        ("n_comparison", pa.int64()), ("claim", _S),
    ]),
    "recommendations": pa.schema([
        *_UNIT, ("rank", pa.int64()), ("course_id", _S), ("score", _F), ("gain_mean", _F), ("gain_sd", _F),
        ("p_complete", _F), ("basis", _S), ("reasons", _S), ("tied_with_previous", pa.bool_()),
        ("model_version", _S), ("as_of", pa.date32()), ("tied_with_first", pa.bool_()), ("need_id", _S),
        ("closed", pa.bool_()),
    ]),
    "outcomes": pa.schema([*_UNIT, ("status", _S)]),
    "hours": pa.schema([
        ("teacher_id", _S), ("school_id", _S), ("category", _S), ("cycle_start", pa.date32()), ("cycle_end", pa.date32()),
        ("required", _F), ("counted", _F), ("short", _F), ("possible", _F), ("claimed", _F), ("checked", _F), ("refused", _F),
        ("duplicate", _F), ("expired", _F), ("over_year_limit", _F), ("over_limit", _F), ("source", _S),
    ]),
}  # fmt: skip
"""Columns of every exported file, in order (contracts, section 2)."""

FORMATS: Final = (".parquet", ".csv", ".xlsx")
EXCEL_ROWS: Final = 1_048_575  # under the header
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")

Add = Callable[[pd.DataFrame], None]


class _Sink(Protocol):
    def add(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


def suffix_of(path: Path) -> str:
    """The format of a path. Raises UsageError for any suffix but those of `FORMATS`."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError("workspace.unknown_format", name=path.name, formats=", ".join(FORMATS))
    return path.suffix.lower()


def split_out(out: Path, name: str) -> tuple[Path, str, str]:
    """Folder, stem and suffix of an exported file; a path without a suffix is a folder for `name` as Parquet."""
    if out.is_dir() or not out.suffix:
        return out, name, FORMATS[0]
    return out.parent, out.stem, suffix_of(out)


def harmless(cell: Any) -> Any:
    """A text cell that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RISKY) else cell


@contextmanager
def writing(path: Path, name: str, origin: Mapping[str, Any]) -> Iterator[Add]:
    """Yields a function that adds frames with the columns of `name`; on success the new file replaces `path`.

    origin goes beside it as `origin.json`, and into the file where the format has room for it.
    Raises UsageError (suffix, or a directory whose origin.json names another origin) and DataError (more rows than
    an Excel sheet can have).
    """
    schema, suffix = SCHEMAS[name], suffix_of(path)
    refuse_mixed_provenance(path.parent, origin)
    with replacing(path) as temporary, ExitStack() as stack:
        sink: _Sink
        if suffix == ".parquet":
            sink = _Parquet(temporary, schema, origin)
        elif suffix == ".csv":
            sink = _Csv(temporary, schema)
        else:
            sink = _Excel(temporary, name, schema, origin)
        stack.callback(sink.close)
        yield lambda frame: sink.add(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
    write_json(path.parent / "origin.json", dict(origin))


def refuse_mixed_provenance(folder: Path, origin: Mapping[str, Any]) -> None:
    """Keeps simulated and real files apart: raises UsageError where the folder's origin.json names another origin."""
    try:
        existing = read_json(folder / "origin.json")
    except DocumentError:
        return
    if "tables" in existing and existing.get("made_up") == origin.get("made_up"):
        return
    raise UsageError("workspace.other_origin", folder=folder)


def digest_of(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def write_frame(path: Path, name: str, frame: pd.DataFrame, origin: Mapping[str, Any]) -> None:
    """One frame as one file; see `writing`."""
    with writing(path, name, origin) as add:
        add(frame)


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema, origin: Mapping[str, Any]) -> None:
        metadata = {key: str(value) for key, value in origin.items()}
        self._writer = pq.ParquetWriter(path, schema.with_metadata(metadata), compression="zstd")

    def add(self, table: pa.Table) -> None:
        self._writer.write_table(table.replace_schema_metadata(self._writer.schema.metadata))

    def close(self) -> None:
        self._writer.close()


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = open(path, "w", encoding="utf-8-sig", newline="")  # noqa: SIM115 - closed by close()
        self._rows = csv.writer(self._file)
        self._rows.writerow(schema.names)

    def add(self, table: pa.Table) -> None:
        for batch in table.to_batches():
            cells = [map(harmless, column.to_pylist()) for column in batch.columns]
            self._rows.writerows(zip(*cells, strict=True))

    def close(self) -> None:
        self._file.close()


class _Excel:
    def __init__(self, path: Path, name: str, schema: pa.Schema, origin: Mapping[str, Any]) -> None:
        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "nan_inf_to_errors": True,
        }  # fmt: skip
        self._book = xlsxwriter.Workbook(str(path), options)
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, schema.names)
        self._next = 1
        sheet = self._book.add_worksheet("origin")
        for row, (key, value) in enumerate(origin.items()):
            sheet.write_row(row, 0, [key, harmless(str(value))])

    def add(self, table: pa.Table) -> None:
        if self._next + table.num_rows > EXCEL_ROWS + 1:
            raise DataError("workspace.too_many_rows", rows=EXCEL_ROWS)
        for cells in zip(*(values.to_pylist() for values in table.columns), strict=True):
            for column, cell in enumerate(cells):
                if cell is None:
                    continue
                if isinstance(cell, str):
                    self._sheet.write_string(self._next, column, harmless(cell)[:32_767])
                elif hasattr(cell, "isoformat"):
                    self._sheet.write_datetime(self._next, column, cell, self._day)
                else:
                    self._sheet.write(self._next, column, cell)
            self._next += 1

    def close(self) -> None:
        self._book.close()
