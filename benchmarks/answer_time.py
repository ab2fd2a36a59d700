"""How long one request takes: pages and answers of a running server, against the empty `/healthz`.

    python benchmarks/answer_time.py http://127.0.0.1:8000 TOKEN /v1/teachers/T1/recommendations /teachers/T1

One connection, one request after the other; prints median, 99th percentile and the ratio to `/healthz`.
"""

from __future__ import annotations

import sys
import time
from http.client import HTTPConnection
from statistics import median, quantiles
from urllib.parse import urlsplit

ROUNDS = 300


def measure(connection: HTTPConnection, path: str, token: str, rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each of `rounds` requests after ten that do not count."""
    taken = []
    for n in range(rounds + 10):
        start = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        if n >= 10:
            taken.append(1000 * (time.perf_counter() - start))
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
    return taken


def main(base: str, token: str, paths: list[str]) -> None:
    """One line a path."""
    host = urlsplit(base)
    connection = HTTPConnection(host.hostname or "127.0.0.1", host.port or 80)
    empty = median(measure(connection, "/healthz", token))
    print(f"{'path':58} {'median ms':>10} {'p99 ms':>8} {'x healthz':>10}")
    print(f"{'/healthz':58} {empty:10.2f}")
    for path in paths:
        taken = measure(connection, path, token)
        middle, late = median(taken), quantiles(taken, n=100)[98]
        print(f"{path:58} {middle:10.2f} {late:8.2f} {middle / empty:10.1f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
