"""Parquet files that announce or unpack to far more than their size, or hold what no table does."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

Content = Callable[[], bytes]


def parquet_files() -> Iterator[tuple[str, Content]]:
    """Files to be named NAME.parquet."""
    yield "15,000,000 nulls", lambda: _file(a=pa.nulls(15_000_000, pa.string()))
    yield "60 columns of 5,000,000 nulls", lambda: _columns_of_nulls(60)
    yield "100 equal texts of 1 MB", lambda: _repeated("x" * 1_000_000, 100)
    yield "20,000 equal texts of 1 MB", lambda: _repeated("x" * 1_000_000, 20_000)
    yield "10,000,000 equal texts", lambda: _repeated("T1", 10_000_000)
    yield "10,000,000 equal numbers", lambda: _file(a=pa.repeat(1, 10_000_000))
    yield "a text of 50 MB", lambda: _file(a=pa.array(["x" * 50_000_000]))
    yield "a list of 2,000,000", lambda: _file(a=pa.array([[1] * 2_000_000]))
    yield "20,000 columns", lambda: _file(**{f"c{i}": pa.array([1]) for i in range(20_000)})
    yield "60 levels of lists", lambda: _file(a=_nested(60))
    yield "structures", lambda: _file(a=pa.array([{"x": {"y": [1]}}]))
    yield "maps", lambda: _file(a=pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())))
    yield "bytes that are no text", lambda: _file(a=pa.array([b"\xff\xfe\x00"]))
    yield "texts that are no UTF-8", lambda: _file(a=pa.array([b"\xff\xfe"]).view(pa.string()))
    yield "decimals of 76 digits", lambda: _file(a=pa.array([Decimal(9) ** 70], pa.decimal256(76, 0)))
    yield "durations", lambda: _file(a=pa.array([timedelta(days=1e8)]))
    yield "times beyond", lambda: _file(a=pa.array([(1 << 63) - 1], pa.int64()).cast(pa.timestamp("us")))
    yield "days beyond", lambda: _file(a=pa.array([(1 << 31) - 1], pa.int32()).cast(pa.date32()))
    yield "times of a zone", lambda: _file(a=pa.array([0], pa.timestamp("ms", tz="Asia/Nowhere")))
    yield "half floats", lambda: _file(a=pa.array([1.5, float("nan")], pa.float32()).cast(pa.float16()))
    yield "a column twice", lambda: _written(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))
    yield "a column without a name", lambda: _written(pa.table([pa.array([1])], names=[""]))
    yield "a name of 1 MB", lambda: _file(**{"x" * 1_000_000: pa.array([1])})
    yield "no columns", lambda: _written(pa.table({}))
    yield "no rows", lambda: _file(a=pa.array([], pa.string()))
    sound = _file(teacher_id=pa.array([f"T{i}" for i in range(100)]), n=pa.array(range(100)))
    yield "parquet cut short", lambda: sound[:-20]
    yield "only marks", lambda: b"PAR1PAR1"
    yield "an encrypted mark", lambda: b"PARE" + sound[4:-4] + b"PARE"
    yield "a footer longer than the file", lambda: sound[:-8] + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"
    yield "a footer of nothing", lambda: sound[:-8] + struct.pack("<I", 0) + b"PAR1"
    yield (
        "a footer of a long list",
        lambda: b"PAR1" + b"\x19\xfc\xff\xff\xff\xff\x07" + struct.pack("<I", 7) + b"PAR1",
    )
    yield "a footer of the data", lambda: sound[:-8] + struct.pack("<I", len(sound) - 12) + b"PAR1"
    yield "nothing as Parquet", lambda: b""
    yield "text as Parquet", lambda: b"a,b\n1,2\n"


def _file(**columns: pa.Array) -> bytes:
    return _written(pa.table(columns))


def _written(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _repeated(text: str, rows: int) -> bytes:
    return _file(a=pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array([text])))


def _columns_of_nulls(columns: int) -> bytes:
    nulls = pa.nulls(5_000_000, pa.string())
    return _written(pa.table([nulls] * columns, names=[f"c{i}" for i in range(columns)]))


def _nested(levels: int) -> pa.Array:
    array = pa.array([1])
    for _ in range(levels):
        array = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), array)
    return array
