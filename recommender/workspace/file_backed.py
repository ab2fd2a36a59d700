"""Frames and arrays of a server behind a file: the system keeps in memory the pages that are read, and drops them for other work.

The file has no name once it is open, so nothing of it is left when the process ends, however it ends. Where it cannot be
made (a workspace that may only be read, a full disk, a system that keeps names of open files), all stays in memory.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

import numpy as np
import pandas as pd
import pyarrow as pa

from models.bundles.durable import create_private_file, make_private_folder, temporary_beside

STORED_AS: Final = {"b": np.dtype(np.uint8), "M": np.dtype(np.int64)}  # kind -> what Arrow keeps byte for byte

_REGIONS: Final[WeakSet[mmap.mmap]] = WeakSet()
"""Mapped files that are in use: an array holds its own."""


def frames_behind_file(frames: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, pd.DataFrame]:
    """The same frames. Columns of Python objects stay in memory."""
    columns = {f"{name}\n{column}": frame[column] for name, frame in frames.items() for column in frame.columns}
    stored = {key: _stored(column) for key, column in columns.items() if column.dtype.kind != "O" or column.dtype == "str"}
    mapped = _behind_file({key: array for key, array in stored.items() if len(array)}, folder)
    restored = {key: _series(mapped[key], column) if key in mapped else column for key, column in columns.items()}
    return {
        name: pd.DataFrame({column: restored[f"{name}\n{column}"] for column in frame.columns}, index=frame.index, copy=False)
        for name, frame in frames.items()
    }


def arrays_behind_file(arrays: Mapping[str, np.ndarray[Any, Any]], folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The same arrays of numbers; they may only be read."""
    flat = {name: pa.array(_bytes_of(array.reshape(-1))) for name, array in arrays.items() if array.size}
    mapped = _behind_file(flat, folder)
    return {
        name: mapped[name].to_numpy().view(array.dtype).reshape(array.shape) if name in mapped else array
        for name, array in arrays.items()
    }


def _bytes_of(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(values).view(STORED_AS.get(values.dtype.kind, values.dtype))


def _stored(column: pd.Series) -> pa.Array:
    if column.dtype == "str":
        strings = pa.array(column, type=pa.large_string())
        return strings.combine_chunks() if isinstance(strings, pa.ChunkedArray) else strings
    return pa.array(_bytes_of(column.to_numpy()), from_pandas=False)


def _series(array: pa.Array, column: pd.Series) -> pd.Series:
    if column.dtype == "str":
        return pd.Series(pd.array(array, dtype="str"), index=column.index, copy=False)
    return pd.Series(array.to_numpy().view(column.dtype), index=column.index, copy=False)


def drop_pages() -> None:
    """Takes the pages of all mapped files out of this process: those that are read again come back from the system's cache.

    Loading reads every page once; a server then reads those of the teachers who ask.
    """
    for region in list(_REGIONS):
        with suppress(OSError, AttributeError, ValueError):  # not every system knows it
            region.madvise(mmap.MADV_DONTNEED)


def _behind_file(arrays: Mapping[str, pa.Array], folder: Path) -> dict[str, pa.Array]:
    """The arrays as they lie in a mapped Arrow file, one record batch each; none where that cannot be."""
    if not arrays:
        return {}
    try:
        make_private_folder(folder)
        path = temporary_beside(folder / "mapped.arrow")
        create_private_file(path)
        try:
            place = {}
            with pa.OSFile(str(path), "wb") as file:
                for array in arrays.values():
                    with pa.ipc.new_stream(file, pa.schema([("values", array.type)])) as writer:
                        writer.write_batch(pa.record_batch([array], names=["values"]))
            with path.open("rb") as file:
                region = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            _REGIONS.add(region)
            source = pa.BufferReader(pa.py_buffer(region))
            for name in arrays:
                with pa.ipc.open_stream(source) as stream:
                    place[name] = stream.read_next_batch().column(0)
                    list(stream)
        finally:
            path.unlink()
    except OSError:
        return {}
    return place


def release_memory() -> None:
    """Gives what is free inside this process back to the system, as far as Arrow and the C library (glibc) can, and the
    pages of mapped files."""
    drop_pages()
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
