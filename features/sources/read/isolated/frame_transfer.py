"""The answers of the reading process as bytes: a line of JSON, then for a sheet its cells as an Arrow stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa

from features.errors import FileReadError
from features.messages import Message
from features.sources.read.sheet import Sheet

IDLE: Final = 17  # exit code of a process that nobody asked for a while
OUT_OF_MEMORY: Final = 18  # exit code
ARRAYS: Final = ("columns", "rows", "overlong")
LINE: Final = 64_000_000  # bytes of an answer's first line


def write_sheet(sheet: Sheet, out: BinaryIO) -> None:
    """Writes a sheet."""
    overlong = np.zeros(len(sheet.rows), dtype=bool)
    overlong[sheet.overlong] = True
    others = {f.name: getattr(sheet, f.name) for f in fields(Sheet) if f.name not in ARRAYS}
    _line(out, {"sheet": {name: _as_json(value) for name, value in others.items()}})
    arrays = [*sheet.columns, pa.array(sheet.rows), pa.array(overlong)]
    batch = pa.record_batch(arrays, names=[str(i) for i in range(len(arrays))])
    with pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)


def write_names(names: tuple[str, ...], out: BinaryIO) -> None:
    """Writes the names of a workbook's sheets."""
    _line(out, {"names": list(names)})


def write_error(error: FileReadError, out: BinaryIO) -> None:
    """Writes why a file cannot be read."""
    _line(out, {"error": _as_json(error.message)})


def read_answer(source: BinaryIO) -> Sheet | tuple[str, ...] | FileReadError:
    """What the process answered. Raises EOFError, ValueError or pyarrow.ArrowException for half an answer."""
    line = source.readline(LINE)
    if not line.endswith(b"\n"):
        raise EOFError
    content: Mapping[str, Any] = json.loads(line)
    if "names" in content:
        return tuple(content["names"])
    if "error" in content:
        reason = from_json(content["error"])
        return (
            FileReadError(reason.code, **reason.values)
            if isinstance(reason, Message)
            else FileReadError(str(reason))
        )
    with pa.ipc.open_stream(source) as stream:
        batch = stream.read_next_batch()
        for _ in stream:
            raise ValueError("more than one batch")
    *columns, rows, overlong = batch.columns
    return Sheet(
        **{name: from_json(value) for name, value in content["sheet"].items()},
        columns=tuple(columns),
        rows=rows.to_numpy(),
        overlong=np.flatnonzero(overlong.to_numpy(zero_copy_only=False)).astype(np.int64),
    )


def _line(out: BinaryIO, content: Mapping[str, Any]) -> None:
    out.write(json.dumps(content).encode("ascii") + b"\n")


def _as_json(value: Any) -> Any:
    if isinstance(value, Message):
        return {"code": value.code, "values": {key: _as_json(item) for key, item in value.values.items()}}
    if isinstance(value, tuple | list):
        return [_as_json(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def from_json(value: Any) -> Any:
    """A value as it was before it became JSON: lists are tuples, objects are messages."""
    if isinstance(value, dict):
        return Message(value["code"], {key: from_json(item) for key, item in value["values"].items()})
    return tuple(map(from_json, value)) if isinstance(value, list) else value
