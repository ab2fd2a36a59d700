"""Hostile files through `recommender data check`: what came of each, in what time, with how much memory.

    python benchmarks/hostile_files [--mutations 12500] [--seed 1] [--only WORD]

Each file is checked by the command line in this process, whose children read the files. A file passes when the exit
code is 1, 2 or 3, with one line for 2 and 3, no traceback, no code that a terminal obeys, and time and memory under
the bounds below. An abort would end this process: the last line printed then names the file. Peak memory is that of
this process while it checks (not while it makes the file) and of its largest reader together.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.hostile_files.corpus import Case, corpus
from benchmarks.hostile_files.mutations import mutate
from features.sources.read.isolated import file_reader
from recommender.cli.main import run

SECONDS = 60.0  # for one file, on a busy machine
MEGABYTES = 1600.0  # of the command and its reader


class Outcome(NamedTuple):
    """What one file led to. fault: why this is not as it should be, empty where it is."""

    code: int
    line: str
    seconds: float
    memory: float
    fault: str


def check(case: Case, workspace: Path) -> Outcome:
    """Runs the command line on a hostile file."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["data", "check", *case.make(Path(folder)), "--workspace", str(workspace)]
        out, errors = _Stream(), _Stream()
        forget_peak()
        start = time.monotonic()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = run(arguments)
        seconds = time.monotonic() - start
        memory = peak()
    lines = [line for line in errors.text().splitlines() if line.startswith("recommender:")]
    fault = ""
    if code not in (1, 2, 3):
        fault = f"exit code {code}"
    elif "Traceback" in errors.text() + out.text():
        fault = "traceback"
    elif "\x1b" in errors.text() + out.text():
        fault = "terminal codes"
    elif code > 1 and len(lines) != 1:
        fault = f"{len(lines)} lines"
    elif seconds > SECONDS:
        fault = f"{seconds:.0f} s"
    return Outcome(
        code, lines[0] if lines else f"{out.text().count(chr(10))} lines of problems", seconds, memory, fault
    )


def forget_peak() -> None:
    """From now on `peak` is that of what follows, on systems that can forget the peak before."""
    gc.collect()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """Megabytes of this process at its peak."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1e3
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def peak_of_readers() -> float:
    """Megabytes of the largest reader at its peak."""
    file_reader._READER.close()
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3


class _Stream(io.TextIOWrapper):
    """A terminal's stream that keeps what is written."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="strict", write_through=True)

    def text(self) -> str:
        """All of it."""
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


def main() -> int:
    """The number of faults, at most 99."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutations", type=int, default=12_500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    os.environ["RECOMMENDER_LANG"] = "en"
    faults: list[str] = []
    codes: Counter[int] = Counter()
    slowest = largest = ("", 0.0)
    with tempfile.TemporaryDirectory() as workspace:
        for case in corpus():
            if options.only not in case.name:
                continue
            print(case.name, end=": ", flush=True)
            outcome = check(case, Path(workspace))
            mark = f" FAULT {outcome.fault}" if outcome.fault else ""
            print(
                f"{outcome.code} {outcome.seconds:.2f} s {outcome.memory:.0f} MB {outcome.line[:160]}{mark}",
                flush=True,
            )
            codes[outcome.code] += 1
            slowest = max(slowest, (case.name, outcome.seconds), key=lambda pair: pair[1])
            largest = max(largest, (case.name, outcome.memory), key=lambda pair: pair[1])
            faults += [f"{case.name}: {outcome.fault}"] if outcome.fault else []
    print(f"files {codes.total()}, exit codes {dict(sorted(codes.items()))}")
    print(f"slowest {slowest[1]:.1f} s ({slowest[0]})")
    readers = peak_of_readers()
    print(f"peak memory: command {largest[1]:.0f} MB ({largest[0]}), reader {readers:.0f} MB")
    if largest[1] + readers > MEGABYTES:
        faults.append(f"peak memory {largest[1] + readers:.0f} MB, the bound is {MEGABYTES:.0f} MB")
    start = time.monotonic()
    counts, exceptions = mutate(options.mutations, options.seed)
    seconds = time.monotonic() - start
    print(f"mutated files {options.mutations}: {dict(counts)}, exceptions {len(exceptions)}, {seconds:.0f} s")
    faults += exceptions
    print(*(f"FAULT {fault}" for fault in faults), f"faults {len(faults)}", sep="\n")
    return min(len(faults), 99)


if __name__ == "__main__":
    sys.exit(main())
