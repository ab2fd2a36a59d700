"""How long a teacher's list takes beside an empty FastAPI route, in the same run, with sign-in and audit on.

    python benchmarks/answer_time.py WORKSPACE [PATH ...] [--rounds 300] [--clients 4]

Starts two real servers of one worker each: the service over a finished workspace, and an application with an empty route that
answers `{}` and one that first writes a line to disk. One connection and then several, in turns between them, so that all see the
same machine. Prints median, 99th percentile, requests per second and the ratio of medians, and the memory of the service's worker
before and after. For the times of prepared lists run `recommender recommend --prepare` before it. PATH: TEACHER
is filled in; by default her list, her needs, her page, and the catalogue.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import psutil
from fastapi import FastAPI

from recommender.settings import Settings
from recommender.tokens import issue_token
from recommender.workspace.workspace import Workspace

PATHS: Final = ("/v1/teachers/TEACHER/recommendations", "/v1/teachers/TEACHER/needs", "/teachers/TEACHER", "/v1/courses")
WARM_UP: Final = 20
empty = FastAPI(openapi_url=None)


@empty.get("/readyz")
@empty.get("/empty")
def nothing() -> dict[str, str]:
    """An empty route, in a thread as those of the service are."""
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


def ask(port: int, path: str, token: str, rounds: int) -> list[float]:
    """Milliseconds of each of `rounds` requests on one connection. Raises SystemExit for another status than 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        taken.append(1000 * (time.perf_counter() - start))
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
    return taken


def per_second(port: int, path: str, token: str, rounds: int, clients: int) -> float:
    """Requests answered in a second, with `clients` connections that ask without a pause."""
    threads = [threading.Thread(target=ask, args=(port, path, token, rounds // clients)) for _ in range(clients)]
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
    command += ["--no-access-log", "--log-level", "error", *application.split()]
    with (folder / "answer-time.log").open("ab") as log:
        path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path, **settings}
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        for _ in range(1200):
            try:
                ask(port, "/readyz", "", 1)
                break
            except (OSError, SystemExit):
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    """One line an address."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("paths", nargs="*", default=PATHS)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    teachers = Workspace(options.workspace).tables["teachers"]
    teacher = str(teachers["teacher_id"].iloc[0])
    token = issue_token(Settings().session_key(), "teacher", teacher)
    folder = options.workspace.resolve()
    with (
        server("--factory api.app:create_app", folder, RECOMMENDER_WORKSPACE=str(folder)) as (port, worker),
        server("answer_time:empty", folder) as (other, _),
    ):
        before = memory(worker)
        print(f"{len(teachers):,} teachers; 1 connection, then {options.clients}")
        print(f"{'':44} {'median ms':>9} {'p99 ms':>8} {'a second':>9} {'x empty':>8}")
        for pattern in options.paths:
            path = pattern.replace("TEACHER", teacher)
            servers = (("empty route", other, "/empty"), ("empty route, a line on disk", other, "/line"), (pattern, port, path))
            for _, number, address in servers:
                ask(number, address, token, WARM_UP)
            times: list[list[float]] = [[] for _ in servers]
            for _ in range(10):  # in turns: what else runs on the machine slows all
                for taken, (_, number, address) in zip(times, servers, strict=True):
                    taken.extend(ask(number, address, token, options.rounds // 10))
            for taken, (name, number, address) in zip(times, servers, strict=True):
                rate = per_second(number, address, token, options.rounds, options.clients)
                ratio = median(taken) / median(times[0])
                print(f"{name:44} {median(taken):9.2f} {quantiles(taken, n=100)[98]:8.2f} {rate:9.0f} {ratio:8.2f}")
        print(f"memory of the worker: {before} when ready, {memory(worker)} at the end")


if __name__ == "__main__":
    main()
