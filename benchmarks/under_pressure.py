"""How fast /healthz answers while a server is pressed, beside a server that has nothing to do, in one run.

    python -m benchmarks.under_pressure WORKSPACE [--seconds 20]

WORKSPACE was made by `recommender demo --no-serve --workspace WORKSPACE`; the pressed server queues plans in it. Two
servers are started on loopback. Against one of them, from a process of its own: forms with dotted TOML keys and long
lists, questions to the planner at the limit of their size, the district's page, and a worker that solves what was
queued. Both are asked for /healthz in turn. Prints percentiles in milliseconds, the answers of each kind by status, and
what was left in the queue.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS
from recommender.tokens import issue_token
from recommender.workspace.workspace import Workspace

KEY = "signs the tokens of a benchmark on loopback, 5b1f9c"
INTERVAL = 0.02  # seconds between two looks at /healthz
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def dotted(n: int) -> str:
    """TOML of many dotted keys, 30 KB as a form at most."""
    return "\n".join(f"a{i}.b.c.d.e.f = {i}" for i in range(n))


def attacks(
    district: str, people: list[str], course: str
) -> dict[str, Callable[[int], tuple[str, str, str, dict[str, str]]]]:
    """Name -> the n-th request: method, path, body, headers."""
    form, pins = f"/districts/{district}/plans", json.dumps([[teacher, course] for teacher in people[:4000]])
    deep = ".".join("a" * 14_000) + " = 1"
    return {
        "dotted keys": lambda n: ("POST", form, urlencode({"budget": n, "more": dotted(600)}), FORM),
        "one long key": lambda n: ("POST", form, urlencode({"budget": n, "more": deep}), FORM),
        "many pins": lambda n: (
            "POST", "/v1/plans", f'{{"district_id": "{district}", "budget": {n}, "limits": {{"pin": {pins}}}}}', JSON
        ),
        "plans": lambda n: ("POST", "/v1/plans", json.dumps({"district_id": district, "budget": 50_000 + n}), JSON),
        "district page": lambda n: ("GET", f"/districts/{district}", "", {}),
    }  # fmt: skip


def press(port: int, token: str, targets: tuple[str, list[str], str], seconds: float, results: Any) -> None:
    """Two threads for each kind of request, without pause, in this process."""
    counts: Counter[str] = Counter()
    until = time.monotonic() + seconds

    def send(name: str, request: Callable[[int], tuple[str, str, str, dict[str, str]]], first: int) -> None:
        n = first
        while time.monotonic() < until:
            method, path, body, headers = request(n)
            n += 2
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.request(
                    method, path, body.encode(), headers | {"Authorization": f"Bearer {token}"}
                )
                counts[f"{name} {connection.getresponse().status}"] += 1
            except (OSError, HTTPException) as error:
                counts[f"{name} {type(error).__name__}"] += 1
            finally:
                connection.close()

    threads = [
        threading.Thread(target=send, args=(name, request, first))
        for name, request in attacks(*targets).items()
        for first in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(dict(counts))


def look(port: int) -> float:
    """Milliseconds until /healthz has answered, on a connection of its own."""
    start = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/healthz")
    if connection.getresponse().status != 200:
        raise RuntimeError("/healthz does not answer")
    connection.close()
    return 1000 * (time.perf_counter() - start)


@contextmanager
def server(workspace: Path, environment: dict[str, str]) -> Iterator[int]:
    """The port of a running server that is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "api.app:create_app",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    own = {
        "RECOMMENDER_WORKSPACE": str(workspace.resolve()),
        "RECOMMENDER_TOKEN_KEY": KEY,
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(command, env=environment | own, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while not ready(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the server did not get ready")
            time.sleep(0.2)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def ready(port: int) -> bool:
    """Whether its advice is loaded."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def measure(workspace: Path, seconds: float, environment: dict[str, str]) -> dict[str, Any]:
    """Latencies of both servers before and under pressure, answers by kind, and what is queued after it."""
    tables = Workspace(workspace).tables
    schools = tables["organizations"]
    district = str(schools.loc[schools["kind"] == "district", "org_id"].iloc[0])
    of_district = set(schools.loc[schools["parent_id"] == district, "org_id"])
    people = (
        tables["teachers"]
        .loc[tables["teachers"]["school_id"].isin(of_district), "teacher_id"]
        .astype(str)
        .tolist()
    )
    targets = (district, people, str(tables["courses"]["course_id"].iloc[0]))
    token = issue_token(KEY.encode(), "district", "planner", [district])
    latencies: dict[str, list[float]] = {"idle": [], "pressed": []}
    results: Any = multiprocessing.get_context("spawn").Queue()
    with server(workspace, environment) as idle, server(workspace, environment) as pressed:
        attacker = multiprocessing.get_context("spawn").Process(
            target=press, args=(pressed, token, targets, seconds, results)
        )
        attacker.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for name, port in (("idle", idle), ("pressed", pressed)):
                latencies[name].append(look(port))
            time.sleep(INTERVAL)
        answers = results.get(timeout=120)
        attacker.join(30)
        queue = Counter(status.state for status in PlanStore(workspace / PLANS).of_district(district))
    quantiles = {
        name: {str(q): round(float(np.percentile(values, q)), 1) for q in (50, 95, 99, 100)}
        for name, values in latencies.items()
    }
    return {
        "looks": len(latencies["idle"]),
        "ms": quantiles,
        "answers": dict(sorted(answers.items())),
        "plans": dict(queue),
    }


def main() -> None:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    print(
        json.dumps(
            measure(arguments.workspace, arguments.seconds, dict(os.environ)), indent=1, ensure_ascii=False
        )
    )


if __name__ == "__main__":
    main()
