"""Sheets of users' files, read by one child process for all files; it is replaced when a file ends it.

A file that exhausts memory or time, or makes a parser abort, ends the child and becomes a FileReadError here.
The child is started afresh (never forked: threads of other libraries may run here) and ends with this process.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from features.errors import FileReadError
from features.sources.read.encoded_texts import decoded
from features.sources.read.isolated.frame_transfer import IDLE, OUT_OF_MEMORY, read_answer
from features.sources.read.isolated.read_limits import ReadLimits, limits_of
from features.sources.read.sheet import Sheet

WORKER: Final = "features.sources.read.isolated.worker"
ROOT: Final = Path(__file__).parents[4]


def read_sheet(path: Path, name: str | None = None, **options: Any) -> Sheet:
    """The sheet of a CSV or Parquet file, or one by its name of a workbook. Raises FileReadError.

    options: those of `read_csv`, or of `Workbook.sheet` for a workbook; plain values and tuples of them.
    """
    sheet = read_encoded_sheet(path, name, **options)
    return replace(sheet, columns=tuple(map(decoded, sheet.columns)))


def read_encoded_sheet(path: Path, name: str | None = None, **options: Any) -> Sheet:
    """The same with each distinct text of a column once (`encoded_texts`), for large files."""
    return _READER.sheet(path, name, **options)


def sheet_names(path: Path) -> tuple[str, ...]:
    """The names of a workbook's sheets. Raises FileReadError."""
    return _READER.names(path)


def start_reader() -> None:
    """Starts the process now, so that the first file need not wait for it."""
    _READER.start()


def check_regular(path: Path) -> int:
    """The size of a regular file. Raises FileReadError for anything else; nothing is opened."""
    check_name(path)
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise FileReadError("sources.no_such_path", path=str(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a null character
        reason = getattr(error, "strerror", None) or str(error)
        raise FileReadError("sources.path_unusable", path=str(path), error=reason) from error
    if not stat.S_ISREG(status.st_mode):
        raise FileReadError("sources.not_a_regular_file", path=str(path))
    return status.st_size


def check_name(path: Path) -> None:
    """Raises FileReadError for a name that is no text: nothing that is reported of the file could be written."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        name = str(path).encode("utf-8", "backslashreplace").decode()
        raise FileReadError("sources.name_not_text", path=name) from error


class FileReader:
    """Owns the child process; requests of several threads are served one after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def sheet(self, path: Path, name: str | None = None, **options: Any) -> Sheet:
        """See `read_sheet`."""
        answer = self._request(path, names=False, sheet=name, options=options)
        assert isinstance(answer, Sheet)
        return answer

    def names(self, path: Path) -> tuple[str, ...]:
        """See `sheet_names`."""
        answer = self._request(path, names=True)
        assert isinstance(answer, tuple)
        return answer

    def start(self) -> None:
        """Starts the process unless it runs."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _request(self, path: Path, **what: Any) -> Sheet | tuple[str, ...]:
        limits = limits_of(check_regular(path), path.suffix.casefold())
        line = (
            json.dumps({"path": os.path.abspath(path), "memory": limits.memory, **what}).encode("ascii")
            + b"\n"
        )
        with self._lock:
            answer = self._answer(path, line, limits)
            if answer is None:  # it ended for lack of requests just now
                answer = self._answer(path, line, limits)
        if answer is None or isinstance(answer, FileReadError):
            raise answer or FileReadError("sources.reader_ended", file=path.name)
        return answer

    def _answer(
        self, path: Path, line: bytes, limits: ReadLimits
    ) -> Sheet | tuple[str, ...] | FileReadError | None:
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(limits.seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            return read_answer(process.stdout)  # type: ignore[arg-type]
        except (OSError, EOFError, ValueError, pa.ArrowException):
            code = self._end()
            if late.is_set():
                return FileReadError(
                    "sources.reading_too_slow", file=path.name, seconds=round(limits.seconds)
                )
            if code == IDLE:
                return None
            if code == OUT_OF_MEMORY:
                return FileReadError(
                    "sources.reading_too_large", file=path.name, megabytes=round(limits.memory / 1e6)
                )
            return FileReadError("sources.reader_ended", file=path.name)
        except BaseException:  # such as an interrupt: half an answer is still on its way
            process.kill()
            self._end()
            raise
        finally:
            timer.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", WORKER],  # -P: no module comes from the directory it runs in
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([*filter(None, sys.path), str(ROOT)])},
            )
        return self._process

    def _end(self) -> int | None:
        """The exit code of the process, None where there is none."""
        process, self._process = self._process, None
        if process is None:
            return None
        assert process.stdin is not None and process.stdout is not None
        process.stdout.close()
        with contextlib.suppress(OSError):  # it ended before it read all of the request
            process.stdin.close()
        try:
            return process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


_READER: Final = FileReader()
atexit.register(_READER.close)
