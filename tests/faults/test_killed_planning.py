"""Whoever makes plans is killed or cut off: each question ends with one whole plan, and no two processes work on one at once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from recommender.planning.problem.limits import Limits
from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS, PlanQuestion
from recommender.records.database import database_url
from recommender.records.planning_tables import PLAN_JOBS
from recommender.records.planning_tables import PLANS as ROWS
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion, usable_recommender
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

LEASE = 1.5  # seconds
WORKER = """
import time
from contextlib import contextmanager
from pathlib import Path
os.environ["RECOMMENDER_DATABASE_URL"] = {url!r}
from recommender.plans import plan_queue, plan_worker
from recommender.plans.worker_watch import keep_lease
plan_queue.LEASE = {lease}
lines = os.open({lines!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def say(word, plan_id):
    os.write(lines, f"{{word}} {{plan_id}} {{os.getpid()}} {{time.monotonic()}}\\n".encode())
@contextmanager
def alone(jobs):  # as on a machine of its own
    yield True
plan_worker.worker_lock = alone
plan = plan_worker.run_plan
def run_plan(planner, question, folder, **hooks):
    say("begins", folder.name)
    time.sleep({pause})
    report = plan(planner, question, folder, **hooks)
    say("ends", folder.name)
    return report
plan_worker.run_plan = run_plan
worker = plan_worker.PlanWorker(Path({root!r}))
publish = worker.store.publish
def published(job, name, attempt):
    publish(job, name, attempt)
    say("published", job.plan_id)
worker.store.publish = published
keep_lease(worker.keep_lease)
worker.run(60.0)
"""


@dataclass
class Planning:
    """Questions of one workspace, and what its workers say of them. died: process -> when it was killed."""

    root: Path
    url: str
    start: Any
    records: RecordStore
    plans: PlanStore
    version: ServedVersion
    died: dict[int, float]

    @property
    def log(self) -> Path:
        return self.root.parent / "lines"

    def put(self, n: int) -> list[str]:
        """Puts n questions for the smallest schools."""
        schools = Workspace(self.root).tables["teachers"]["school_id"].value_counts().index[::-1]
        ids = []
        for i in range(n):
            question = PlanQuestion(str(schools[i % 3]), 1000.0 + i, Limits(), draws=0)
            version = self.version
            ids.append(question.plan_id(version.tables, version.model_version, version.as_of.isoformat()))
            assert self.plans.put(ids[-1], question, version)
        return ids

    def worker(self, pause: float = 0.2) -> Any:
        """A worker as on a machine of its own. pause: seconds that each plan takes longer."""
        source = WORKER.format(url=self.url, lease=LEASE, lines=str(self.log), pause=pause, root=str(self.root))
        return self.start(before=source)

    def lines(self, word: str = "") -> list[tuple[str, str, int, float]]:
        text = self.log.read_text() if self.log.exists() else ""
        rows = [line.split() for line in text.splitlines()]
        return [(kind, plan, int(pid), float(at)) for kind, plan, pid, at in rows if word in ("", kind)]

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, (what, self.lines())
            time.sleep(0.02)

    def kill(self, worker: Any, number: int = signal.SIGKILL) -> None:
        os.kill(worker.process.pid, number)
        self.died[worker.process.pid] = time.monotonic()
        if number == signal.SIGKILL:
            worker.process.join(10)

    def all_done(self, ids: list[str]) -> bool:
        jobs = self.plans.queue.newest(ids)
        return all(jobs[plan_id].state == "done" for plan_id in ids)

    def at_once(self) -> int:
        """How often a process began with a plan while another one that was not dead or cut off worked on it."""
        n = 0
        for plan in {plan for _, plan, _, _ in self.lines()}:
            busy: dict[int, float] = {}
            for kind, _, pid, at in sorted((line for line in self.lines() if line[1] == plan), key=lambda line: line[3]):
                if kind == "begins":
                    n += sum(self.died.get(other, float("inf")) > at for other in busy if other != pid)
                    busy[pid] = at
                elif kind == "ends":
                    busy.pop(pid, None)
        return n

    def check(self, ids: list[str], line: Any) -> None:
        """Each question has one whole plan, published once, and nothing is left beside them."""
        published = [plan for _, plan, _, _ in self.lines("published")]
        line.lost = sum(self.plans.status(plan_id, tables=True).state != "done" for plan_id in ids)
        line.doubled = sum(published.count(plan_id) > 1 for plan_id in ids) + self.at_once()
        with self.records.reading() as connection:
            rows = connection.execute(sa.select(sa.func.count()).select_from(ROWS)).scalar_one()
            jobs = connection.execute(sa.select(sa.func.count()).select_from(PLAN_JOBS)).scalar_one()
        assert (line.lost, line.doubled, rows, jobs) == (0, 0, len(ids), len(ids)), self.lines()
        assert sorted(path.name for path in (self.root / PLANS).glob("P*")) == sorted(ids)


@pytest.fixture(params=["sqlite", "postgresql"])
def planning(request: pytest.FixtureRequest, copy: Any, start: Any, tools: Any) -> Iterator[Planning]:
    root = copy()
    url = f"sqlite:///{root / 'store.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgres_database")()
    ready = usable_recommender(Workspace(root), Settings(workspace=root, signing_key=tools.key))
    version = ServedVersion(Workspace(root).fingerprint, ready.snapshot.as_of, ready.bundle.version)
    records = RecordStore(database_url(url, root))
    yield Planning(root, url, start, records, PlanStore(root / PLANS, records), version, {})
    records.close()


def test_workers_killed_while_planning(planning: Planning, kills: int | None, line: Any) -> None:
    """Two workers share the questions; one is killed while it plans, and whoever is left takes its question."""
    generator = random.Random(3)
    ids = planning.put(3 if kills is None else 40)
    workers = [planning.worker(), planning.worker()]
    for _ in range(1 if kills is None else kills // 50):
        known = len(planning.lines("begins"))
        if planning.all_done(ids):
            break
        planning.wait(lambda known=known: len(planning.lines("begins")) > known, "nobody plans")  # type: ignore[misc]
        victim = next(worker for worker in workers if worker.process.pid == planning.lines("begins")[-1][2])
        time.sleep(generator.uniform(0.0, 0.3))
        planning.kill(victim)
        line.tried += 1
        workers[workers.index(victim)] = planning.worker()
    began = time.monotonic()
    planning.wait(lambda: planning.all_done(ids), "not all are done")
    line.seconds.append(time.monotonic() - began)
    planning.wait(lambda: len(planning.lines("published")) >= len(ids) - len(planning.died), "a line is missing")
    for worker in workers:
        planning.kill(worker)
    planning.check(ids, line)


@pytest.mark.parametrize("planning", ["postgresql"], indirect=True)
def test_worker_cut_off_longer_than_its_lease(planning: Planning, line: Any) -> None:
    """It stands still while another makes its plan; when it goes on it ends without writing anything."""
    (plan_id,) = planning.put(1)
    first = planning.worker(pause=2.0)
    planning.wait(lambda: bool(planning.lines("begins")), "nobody plans")
    planning.kill(first, signal.SIGSTOP)
    began = time.monotonic()
    second = planning.worker(pause=0.0)
    planning.wait(lambda: planning.all_done([plan_id]), "the other did not take it over")
    line.seconds.append(time.monotonic() - began)
    before = planning.plans.status(plan_id)
    os.kill(first.process.pid, signal.SIGCONT)
    planning.wait(lambda: first.process.exitcode is not None, "it did not end")
    line.tried += 1
    assert planning.plans.status(plan_id) == before and first.process.exitcode == 4
    planning.kill(second)
    planning.check([plan_id], line)
