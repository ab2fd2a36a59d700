"""How long a teacher's list takes beside an empty FastAPI route, in the same run, with sign-in and audit on.

    python benchmarks/answer_time.py WORKSPACE [PATH ...] [--rounds 300] [--clients 4]

Starts two real servers of one worker each, both with the protocol of `recommender serve`: the service over a finished workspace,
and an application with empty routes that answer `{}` (in a thread and without one) and one that first writes a line to disk. One
connection and then several, in turns between them, so that all see the same machine. Prints median, 99th percentile, requests
per second, processor time of the server a request, and the ratios of median, requests per second and processor time to those of
the empty route; then the memory of the service's worker before and after. On a machine with other work trust the processor time.
For the times of prepared lists run `recommender recommend --prepare` before it. PATH: TEACHER is filled in, another one of
--teachers with each request and with her own token; by default her list, her needs, her page, and the catalogue.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import psutil
from fastapi import FastAPI

from recommender.cli.serve_command import ALLOCATION, PROTOCOL
from recommender.settings import Settings
from recommender.tokens import issue_token
from recommender.workspace.workspace import Workspace

PATHS: Final = ("/v1/teachers/TEACHER/recommendations", "/v1/teachers/TEACHER/needs", "/teachers/TEACHER", "/v1/courses")
WARM_UP: Final = 200
TURNS: Final = 10
Request = tuple[str, str]
"""Path and token."""
empty = FastAPI(openapi_url=None)


@empty.get("/readyz")
@empty.get("/empty")
def nothing() -> dict[str, str]:
    """An empty route, in a thread as those of the service are."""
    return {}


@empty.get("/async")
async def nothing_without_thread() -> dict[str, str]:
    """The same on the event loop."""
    return {}


@empty.get("/line")
def line() -> dict[str, str]:
    """The same with a line that is on disk before the answer leaves, as an audit line is: written in place, which is the
    cheapest flush there is."""
    file = os.open("answer-time.line", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, b"a line about a read of a person" * 5 + b"\n", 0)
        os.fdatasync(file)
    finally:
        os.close(file)
    return {}


def ask(port: int, requests: Sequence[Request], rounds: int) -> list[float]:
    """Milliseconds of each of `rounds` requests on one connection. Raises SystemExit for another status than 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for path, token in islice(cycle(requests), rounds):
        start = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        taken.append(1000 * (time.perf_counter() - start))
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
    return taken


def per_second(port: int, requests: Sequence[Request], rounds: int, clients: int) -> float:
    """Requests answered in a second, with `clients` connections that ask without a pause."""
    threads = [threading.Thread(target=ask, args=(port, requests, rounds // clients)) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(threads) * (rounds // clients) / (time.perf_counter() - start)


def memory(worker: psutil.Process) -> str:
    """What a process holds; pages of mapped files among it, which the system can drop."""
    resident = worker.memory_info()
    return f"{resident.rss / 1e6:.0f} MB ({resident.shared / 1e6:.0f} MB of it mapped files)"


@contextmanager
def server(application: str, folder: Path, **settings: str) -> Iterator[tuple[int, psutil.Process]]:
    """Port and process of a real server that is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(Path(__file__).parent), "--port", str(port)]
    command += ["--http", PROTOCOL, "--no-access-log", "--log-level", "error", *application.split()]
    with (folder / "answer-time.log").open("ab") as log:
        path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, **ALLOCATION, "PYTHONPATH": path, **settings}
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        for _ in range(1200):
            try:
                ask(port, [("/readyz", "")], 1)
                break
            except (OSError, SystemExit):
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def processor(worker: psutil.Process) -> float:
    """Seconds of processor that a process took, in all its threads."""
    times = worker.cpu_times()
    return float(times.user + times.system)


@dataclass
class Measured:
    """An address of one of the servers and what was seen of it: milliseconds, requests per second, processor us a request."""

    name: str
    port: int
    worker: psutil.Process
    requests: Sequence[Request]
    taken: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def turn(self, rounds: int, clients: int) -> None:
        """One connection, then several."""
        before = processor(self.worker)
        self.taken.extend(ask(self.port, self.requests, rounds))
        self.rates.append(per_second(self.port, self.requests, rounds, clients))
        self.seconds += processor(self.worker) - before

    def line(self, base: Measured) -> str:
        """Beside the empty route."""
        each, base_each = (1e6 * one.seconds / (2 * len(one.taken)) for one in (self, base))
        rate, base_rate = median(self.rates), median(base.rates)
        ratios = f"{median(self.taken) / median(base.taken):8.2f} {rate / base_rate:8.2f} {each / base_each:8.2f}"
        mine = f"{self.name:40} {median(self.taken):7.2f} {quantiles(self.taken, n=100)[98]:7.2f} {rate:8.0f} {each:7.0f}"
        return f"{mine} {ratios}"


def main() -> None:
    """One line an address."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("paths", nargs="*", default=PATHS)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--teachers", type=int, default=100)
    options = parser.parse_args()
    register = Workspace(options.workspace).tables["teachers"]["teacher_id"]
    key, teachers = Settings().session_key(), [str(one) for one in register.iloc[:: max(len(register) // options.teachers, 1)]]
    folder = options.workspace.resolve()
    with (
        server("--factory api.app:create_app", folder, RECOMMENDER_WORKSPACE=str(folder)) as (port, worker),
        server("answer_time:empty", folder) as (other, beside),
    ):
        before = memory(worker)
        print(f"{len(register):,} teachers, {len(teachers)} of them ask; 1 connection, then {options.clients}")
        print(f"{'':40} {'median':>7} {'p99':>7} {'a second':>8} {'cpu us':>7} {'x median':>8} {'x rate':>8} {'x cpu':>8}")
        for pattern in options.paths:
            hers = [(pattern.replace("TEACHER", one), issue_token(key, "teacher", one)) for one in teachers]
            empties = (("empty route", "/empty"), ("empty route on the loop", "/async"), ("empty route, a line on disk", "/line"))
            all_measured = [Measured(name, other, beside, [(path, hers[0][1])]) for name, path in empties]
            all_measured.append(Measured(pattern, port, worker, hers))
            for one in all_measured:
                ask(one.port, one.requests, WARM_UP)
            for _ in range(TURNS):  # what else runs on the machine slows all
                for one in all_measured:
                    one.turn(options.rounds // TURNS, options.clients)
            for one in all_measured:
                print(one.line(all_measured[0]))
        print(f"memory of the worker: {before} when ready, {memory(worker)} at the end")


if __name__ == "__main__":
    main()
