"""The only part of the simulated city that touches the disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from features.schema import TABLES

GENERATOR = "training-needs-recommender features.simulate 1"
KINDS = {"id": pa.string(), "text": pa.string(), "list": pa.string(), "number": pa.float64(),
         "integer": pa.int64(), "date": pa.date32()}  # fmt: skip
Columns = Mapping[str, Any]


def table_of(name: str, columns: Columns) -> Any:
    """An Arrow table with the schema's columns and order; missing columns are empty."""
    length = max((len(v) for v in columns.values()), default=0)
    fields, arrays = [], []
    for column in TABLES[name].columns:
        kind = KINDS[column.kind]
        values = columns.get(column.name)
        fields.append(pa.field(column.name, kind))
        arrays.append(pa.nulls(length, kind) if values is None else _array(values, kind))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _array(values: Any, kind: Any) -> Any:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values if values.type == kind else values.cast(kind)
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        array = pa.array(values, from_pandas=True)  # NaN is an empty cell
        return array if kind == pa.float64() else array.cast(kind)
    if kind == pa.date32() and isinstance(values, list):
        values = np.array(values, dtype="datetime64[D]")
    return pa.array(values, type=kind)


def write_table(folder: Path, name: str, table: Any) -> None:
    pacsv.write_csv(
        table, folder / f"{name}.csv", pacsv.WriteOptions(quoting_style="needed", quoting_header="none")
    )


def write_truth(folder: Path, name: str, columns: Columns) -> None:
    pq.write_table(pa.table(dict(columns)), folder / f"{name}.parquet", compression="zstd")


def write_origin(folder: Path, seed: int, scenario: str, teachers: int) -> None:
    """Writes origin.json, which marks the files beside it as simulated."""
    origin = {
        "made_up": True, "generator": GENERATOR, "seed": seed, "scenario": scenario, "teachers": teachers,
        "zh": "模拟数据,非真实:所有学校、教师、成绩和课程均为程序生成。",
        "en": "Made up: every school, teacher, result and course here was drawn by a program.",
    }  # fmt: skip
    text = json.dumps(origin, ensure_ascii=False, indent=2) + "\n"
    (folder / "origin.json").write_text(text, encoding="utf-8")


def pick(names: Any, index: Any) -> Any:
    """`names[index]` as an Arrow string array; a negative index is an empty cell."""
    source = pa.array(names, type=pa.string())
    index = np.asarray(index)
    return source.take(pa.array(index, mask=index < 0))


def numbered(prefix: str, numbers: Any, width: int) -> Any:
    """Ids such as O00000012."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return join(prefix, digits)


def join(*parts: Any) -> Any:
    """Text put together cell by cell; single strings are repeated."""
    return pc.binary_join_element_wise(*parts, "")
