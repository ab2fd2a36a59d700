"""Parquet files; every column becomes text, so that all sources are checked by the same rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import FileReadError
from features.sources.read.isolated.read_limits import check_cells, check_columns
from features.sources.read.sheet import Sheet, Texts, joined, texts


def read_parquet(path: Path) -> Sheet:
    """The sheet in a Parquet file; its first row is number 2, as if under a header. Raises FileReadError."""
    try:
        with pq.ParquetFile(path) as file:
            # the rows that it announces: a kilobyte may hold a thousand million equal cells
            check_columns(path.name, len(file.schema_arrow))
            check_cells(path, file.metadata.num_rows, len(file.schema_arrow))
            table = file.read()
        columns = tuple(_text(column) for column in table.columns)
        for column in columns:
            column.validate(full=True)  # a writer may call any bytes a text
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise FileReadError("sources.damaged_parquet", file=path.name, error=reason) from error
    rows = np.arange(table.num_rows, dtype=np.int64) + 2
    return Sheet(path.name, None, tuple(map(str, table.column_names)), columns, rows)


def _text(column: Any) -> Texts:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return texts([";".join(map(str, cell)) if cell else "" for cell in column.to_pylist()])
    if pa.types.is_timestamp(column.type):
        days = pc.cast(pc.floor_temporal(column, unit="day"), pa.date32())
        whole = pc.all(pc.equal(pc.cast(days, column.type), column), min_count=0).as_py()
        column = days if whole else pc.strftime(column, "%Y-%m-%d %H:%M:%S")
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    column = pc.fill_null(column.cast(pa.large_string()), "")
    return joined(column.chunks)
