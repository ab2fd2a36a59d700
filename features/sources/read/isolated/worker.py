"""The reading process: answers requests on standard input, one line each, until it ends or nobody asks.

Run as `python -m features.sources.read.isolated.worker`. Whatever a parser prints goes nowhere, so that standard
output holds answers only.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa

from features.errors import FileReadError
from features.sources.read.csv_reader import read_csv
from features.sources.read.isolated.frame_transfer import (
    IDLE,
    OUT_OF_MEMORY,
    from_json,
    write_error,
    write_names,
    write_sheet,
)
from features.sources.read.isolated.read_limits import check_sheet, limit_memory
from features.sources.read.parquet_reader import read_parquet
from features.sources.read.sheet import Sheet
from features.sources.read.xlsx_reader import Workbook

IDLE_SECONDS: Final = 60.0
THREADS: Final = 4  # each maps memory of its own
OPEN_BOOKS: Final = 8
Books = dict[tuple[str, int, int], Workbook]


def main() -> None:
    """Serves requests until the end of standard input."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    pa.set_cpu_count(min(pa.cpu_count(), THREADS))
    books: Books = {}
    try:
        while request := _next(requests):
            with contextlib.suppress(BrokenPipeError):  # nobody waits for the answer any more
                _answer(json.loads(request), books, answers)
                answers.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    os._exit(0)


def _next(requests: BinaryIO) -> bytes:
    """The next line; the process ends when none comes for a while."""
    timer = threading.Timer(IDLE_SECONDS, os._exit, (IDLE,))
    timer.daemon = True
    timer.start()
    try:
        return requests.readline()
    finally:
        timer.cancel()


def _answer(request: dict[str, Any], books: Books, answers: BinaryIO) -> None:
    path = Path(request["path"])
    pa.default_memory_pool().release_unused()
    limit_memory(request["memory"])
    try:
        if request["names"]:
            write_names(_book(path, books).sheets, answers)
            return
        sheet = _sheet(path, request, books)
        check_sheet(path, sheet)
    except FileReadError as error:
        write_error(error, answers)
    except MemoryError:
        raise
    except Exception as error:  # what no reader foresaw: still a sentence about this file
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        write_error(FileReadError("sources.unforeseen_content", file=path.name, error=reason), answers)
    else:
        write_sheet(sheet, answers)


def _sheet(path: Path, request: dict[str, Any], books: Books) -> Sheet:
    name = path.name.casefold()
    options = {key: from_json(value) for key, value in request["options"].items()}
    if name.endswith(".xlsx"):
        return _book(path, books).sheet(request["sheet"], **options)
    return read_parquet(path) if name.endswith(".parquet") else read_csv(path, **options)


def _book(path: Path, books: Books) -> Workbook:
    """The open workbook; the latest OPEN_BOOKS stay open, as their sheets are read one by one."""
    status = path.stat()
    key = (str(path), status.st_mtime_ns, status.st_size)
    if key not in books:
        while len(books) >= OPEN_BOOKS:
            del books[next(iter(books))]
        books[key] = Workbook(path)
    return books[key]


if __name__ == "__main__":
    main()
