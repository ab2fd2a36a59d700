"""A real server on loopback: its workspace changes under it, it is killed, it starts on a damaged workspace."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from recommender.records.database import sqlite_url
from recommender.records.planning_tables import PLAN_JOBS, PLANS
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import FEEDBACK
from recommender.records.store_check import verify
from recommender.tokens import issue_token
from recommender.workspace.versions import version_of
from recommender.workspace.workspace import Workspace

CLIENTS = 3
PAUSE = 0.04  # seconds between two requests of a client
SERVE = """
from pathlib import Path
if {url!r}:
    os.environ["RECOMMENDER_DATABASE_URL"] = {url!r}
from recommender.cli.serve_command import run
run(Path({root!r}), "127.0.0.1", {port})
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A process that serves a workspace, with the text of its log."""

    def __init__(self, start: Any, root: Path, key: str, port: int | None = None, url: str = "") -> None:
        self.port = port or _free_port()
        self.running = start(before=SERVE.format(root=str(root), port=self.port, url=url))
        self.key = key.encode()

    def ready(self, seconds: float = 60) -> tuple[int, dict[str, Any]]:
        """Status and content of /readyz once nothing is being loaded any more."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(OSError):
                status, content = self.get("/readyz")
                if content["status"] != "loading":
                    return status, content
            time.sleep(0.05)
        raise AssertionError(f"not ready in {seconds} s: {self.running.text}")

    def get(self, path: str, subject: str = "", role: str = "teacher") -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request."""
        return self.send("GET", path, subject, role=role)

    def send(
        self, method: str, path: str, subject: str = "", body: Any = None, headers: Any = None, role: str = "teacher"
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request, of a teacher where `subject` is given; of a district's staff: its id."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        token = {"Authorization": f"Bearer {issue_token(self.key, role, subject, (subject,))}"} if subject else {}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), token | (headers or {}))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture
def serve(start: Any, tools: Any) -> Iterator[Callable[..., Server]]:
    """serve(root, port=a free one, url=that of a database) -> a server."""
    servers: list[Server] = []

    def serve(root: Path, port: int | None = None, url: str = "") -> Server:
        servers.append(Server(start, root, tools.key, port, url))
        return servers[-1]

    yield serve
    for server in servers:
        if server.running.process.is_alive():
            os.kill(server.running.process.pid, signal.SIGTERM)
            server.running.process.join(15)


def test_a_database_that_comes_back_after_the_start(
    copy: Any, serve: Any, new_postgres_database: Callable[[], str], database_service: Any, line: Any
) -> None:
    """PostgreSQL is down when the server starts; the server says so, and serves once it is up, without a restart."""
    root, url = copy(), new_postgres_database()
    database = database_service(url)
    teacher = str(Workspace(root).tables["teachers"]["teacher_id"].iloc[0])
    database.stop()
    server = serve(root, url=url)
    status, content = server.ready()
    assert (status, content["status"], content["reason"]) == (503, "waiting", "records.unavailable")
    assert server.get("/healthz")[0] == 200
    assert server.get(f"/v1/teachers/{teacher}/recommendations", teacher)[0] == 503
    database.start()
    began = time.monotonic()
    while (status := server.get("/readyz")[0]) != 200 and time.monotonic() < began + 60:
        time.sleep(0.05)
    line.seconds.append(time.monotonic() - began)
    line.tried += 1
    assert status == 200 and server.get(f"/v1/teachers/{teacher}/recommendations", teacher)[0] == 200


def test_two_servers_plan_and_the_one_whose_worker_plans_is_killed(copy: Any, serve: Any, line: Any) -> None:
    """Both take the same questions; each becomes one plan, also the one that was being worked on."""
    root = copy()
    schools = Workspace(root).tables["teachers"]["school_id"].value_counts().index[-2:]
    servers = [serve(root), serve(root)]
    assert [server.ready()[0] for server in servers] == [200, 200]
    ids: set[str] = set()
    for server in servers:
        for org in map(str, schools):
            body = {"district_id": org, "budget": 3_000, "limits": {"max_courses_per_teacher": 1}}
            status, content = server.send("POST", "/v1/plans", org, body, role="district")
            assert status == 202
            ids.add(content["plan_id"])
    assert len(ids) == len(schools)
    store = RecordStore(sqlite_url(root / "store.db"))

    def jobs(*columns: Any) -> list[Any]:
        with store.reading() as connection:
            return list(connection.execute(sa.select(*columns)))

    until, killed = time.monotonic() + 60, None
    while killed is None:
        assert time.monotonic() < until
        for worker, state in jobs(PLAN_JOBS.c.worker, PLAN_JOBS.c.state):
            parent = _parent(int(worker.split(":")[1])) if state == "running" else None
            killed = killed or next((s for s in servers if s.running.process.pid == parent), None)
    os.kill(killed.running.process.pid, signal.SIGKILL)
    line.tried += 1
    (left,) = [server for server in servers if server is not killed]
    began = time.monotonic()
    while {state for (state,) in jobs(PLAN_JOBS.c.state)} != {"done"}:
        assert time.monotonic() < began + 90, jobs(PLAN_JOBS.c.state, PLAN_JOBS.c.error)
        time.sleep(0.1)
    line.seconds.append(time.monotonic() - began)
    rows = [plan_id for (plan_id,) in jobs(PLANS.c.plan_id)]
    line.lost, line.doubled = len(ids - set(rows)), len(jobs(PLAN_JOBS.c.id)) - len(ids)
    assert (line.lost, line.doubled, sorted(rows)) == (0, 0, sorted(ids))
    for plan_id, org in jobs(PLAN_JOBS.c.plan_id, PLAN_JOBS.c.org_id):
        content = left.get(f"/v1/plans/{plan_id}", org, "district")[1]
        seats = sum(course["seats"] for course in content["tables"]["lines"])
        assert (content["state"], content["summary"]["seats"]) == ("done", seats)
    assert sorted(path.name for path in (root / "plans").glob("P*")) == sorted(ids)
    store.close()


def _parent(pid: int) -> int | None:
    """The process that started one; None where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def test_swap_of_tables_scores_and_model_under_load(
    copy: Any, serve: Any, tools: Any, start: Any, long: bool, line: Any
) -> None:
    root = copy()
    teachers = [str(teacher) for teacher in Workspace(root).tables["teachers"]["teacher_id"][:CLIENTS]]
    server = serve(root)
    assert server.ready()[0] == 200
    paths = {teacher: f"/v1/teachers/{teacher}/recommendations" for teacher in teachers}
    expected = {teacher: server.get(path, teacher) for teacher, path in paths.items()}
    wrong: Counter[str] = Counter()
    over = threading.Event()

    def ask(teacher: str) -> None:
        while not over.is_set():
            answer = server.get(paths[teacher], teacher)
            line.tried += 1
            time.sleep(PAUSE)
            if answer[0] != 200:
                wrong[f"dropped {answer[0]}"] += 1
            elif answer != expected[teacher]:
                wrong["mixed"] += 1

    threads = [threading.Thread(target=ask, args=(teacher,)) for teacher in teachers]
    for thread in threads:
        thread.start()
    before = version_of(root)
    for turn in range(20 if long else 1):
        for words in (
            ("models", "promote", tools.second(root)), ("data", "import", tools.new_teacher(root, f"NEW{turn}"), "--yes"),
            ("train",), ("recommend", "--all"),
        ):  # fmt: skip
            command = start(*words, "--workspace", str(root))
            assert command.end() == 0, command.text
    over.set()
    for thread in threads:
        thread.join()
    line.lost = wrong.total()
    assert wrong == {} and line.tried > 20 and version_of(root) != before
    began = time.monotonic()
    other = serve(root)
    assert other.ready()[0] == 200
    line.seconds.append(time.monotonic() - began)
    assert other.get("/v1/teachers/NEW0/recommendations", "NEW0")[0] == 200
    version = other.get(paths[teachers[0]], teachers[0])[1]["version"]
    assert version["model_version"] == Workspace(root).registry().current()
    assert version != expected[teachers[0]][1]["version"]


def _flip(path: Path) -> None:
    """One byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.chmod(0o600)
    path.write_bytes(content)


DAMAGES: dict[str, tuple[str, str]] = {
    "table": ("tables/teachers.parquet", "workspace.damaged_tables"),
    "bundle": ("bundles/{current}/*.*", "models."),
    "promotions": ("bundles/*promoted.json*", "models.damaged_pointer"),
}


@pytest.mark.parametrize("part", DAMAGES)
def test_start_on_a_damaged(part: str, copy: Any, serve: Any, start: Any, line: Any) -> None:
    root = copy()
    pattern, reason = DAMAGES[part]
    matches = root.glob(pattern.format(current=Workspace(root).registry().current()))
    files = [file for file in matches if file.stat().st_size]  # locks are empty
    assert files
    for file in files:
        _flip(file)
    server = serve(root)
    status, content = server.ready()
    line.tried += 1
    assert (status, content["status"]) == (503, "failed")
    assert content["reason"].startswith(reason) and "recommender doctor" in content["detail_en"]
    assert server.get("/healthz")[0] == 200
    assert server.get("/v1/courses", "anybody")[0] == 503
    assert '"desk_not_loaded"' in server.running.text and "Traceback" not in server.running.text
    doctor = start("doctor", "--workspace", str(root))
    assert doctor.end() == 1 and "Traceback" not in doctor.text
    command = start("serve", "--port", str(_free_port()), "--workspace", str(root))
    assert command.end() in (1, 2, 3) and "Traceback" not in command.text
    assert command.text.count("recommender: ") == 1, command.text


@pytest.mark.parametrize("pattern", ["state.json", "cache/needs/*/*.*", "bundles/promoted.json", "imports.json"])
def test_damage_that_is_mended_at_the_start(pattern: str, copy: Any, serve: Any, line: Any, tools: Any) -> None:
    root = copy()
    files = list(root.glob(pattern))
    assert files
    for file in files:
        _flip(file)
    began = time.monotonic()
    assert serve(root).ready()[0] == 200
    line.seconds.append(time.monotonic() - began)
    line.tried += 1
    assert tools.problems(root) == []


def test_server_killed_under_concurrent_feedback(copy: Any, serve: Any, line: Any, kills: int | None) -> None:
    root, generator = copy(), random.Random(2)
    tables = Workspace(root).tables
    teachers = [str(teacher) for teacher in tables["teachers"]["teacher_id"][: 2 * CLIENTS]]
    courses = [str(course) for course in tables["courses"]["course_id"]]
    server = serve(root)
    assert server.ready()[0] == 200
    over, acknowledged, refusals = threading.Event(), Counter[tuple[str, str]](), Counter[int]()

    def speak(teacher: str) -> None:
        """Says something of one course after the other; what was not acknowledged is sent again with its key."""
        for n in itertools.count():
            body = {"teacher_id": teacher, "course_id": courses[n % len(courses)], "action": "intend"}
            while not over.is_set():
                with suppress(OSError, HTTPException):
                    status, _ = server.send("POST", "/v1/feedback", teacher, body, {"Idempotency-Key": f"key-{n}"})
                    if status == 201:
                        acknowledged[teacher, f"key-{n}"] += 1
                        break
                    refusals[status] += status != 503
                time.sleep(PAUSE)
            if over.is_set():
                return

    threads = [threading.Thread(target=speak, args=(teacher,)) for teacher in teachers]
    for thread in threads:
        thread.start()
    try:
        for _ in range(kills or 4):
            known = acknowledged.total()
            until = time.monotonic() + 60
            while acknowledged.total() <= known + 5:
                assert time.monotonic() < until, server.running.text
                time.sleep(0.005)
            time.sleep(generator.uniform(0.0, 0.05))
            os.kill(server.running.process.pid, signal.SIGKILL)
            server.running.process.join(10)
            began = time.monotonic()
            server = serve(root, server.port)
            assert server.ready()[0] == 200
            line.seconds.append(time.monotonic() - began)
            line.tried += 1
    finally:
        over.set()
        for thread in threads:
            thread.join()
    store = RecordStore(sqlite_url(root / "store.db"))
    columns = FEEDBACK.c.actor, FEEDBACK.c.idempotency_key
    with store.reading() as connection:
        rows = Counter((actor, key) for actor, key in connection.execute(sa.select(*columns)))
    line.lost = sum(rows[pair] == 0 for pair in acknowledged)
    line.doubled = sum(n > 1 for n in rows.values())
    assert (line.lost, line.doubled, refusals.total(), verify(store)) == (0, 0, 0, []), refusals
    assert acknowledged.total() > 5 * line.tried
    store.close()
