"""Processes that record feedback are killed while many threads write: every acknowledged write is there exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from recommender.records.database import database_url
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import FEEDBACK
from recommender.records.store_check import verify

SHORT = {"sqlite": 5, "postgresql": 2}
RESENT = 10  # acknowledged writes that the client sends again after each kill

WRITER = """
import itertools, threading, time
from pathlib import Path
from recommender.records.database import database_url
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from features.errors import UnavailableError
{first}
acknowledged = os.open({acknowledged!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
records = FeedbackRecords(RecordStore(database_url({url!r}, Path("."))).open())
def write(teacher):
    for n in itertools.count():
        key = f"{turn}-{{n}}"
        while True:
            try:
                records.record(Author(teacher, "teacher"), key, teacher, f"K{{n}}", "intend")
                break
            except UnavailableError as error:
                os.write(2, f"refused {{error}}\\n".encode())
                if not {again}:
                    return
                time.sleep(0.02)
        os.write(acknowledged, f"{{teacher}} {{key}}\\n".encode())
threads = [threading.Thread(target=write, args=(f"T{{i}}",)) for i in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
os._exit(0)
"""


@pytest.fixture(params=list(SHORT))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'workspace' / 'store.db'}"
    new: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return new()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[RecordStore]:
    records = RecordStore(database_url(url, tmp_path)).open()
    yield records
    records.close()


def _rows(store: RecordStore) -> Counter[tuple[str, str]]:
    """(actor, key) -> how often it was recorded."""
    columns = FEEDBACK.c.actor, FEEDBACK.c.idempotency_key
    with store.reading() as connection:
        return Counter((actor, key) for actor, key in connection.execute(sa.select(*columns)))


def _acknowledged(file: Path) -> list[tuple[str, str]]:
    pairs = [line.split() for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    return [(actor, key) for actor, key in pairs]


def _wait_for_more(file: Path) -> None:
    """Until something more is acknowledged."""
    known, until = len(_acknowledged(file)), time.monotonic() + 60
    while len(_acknowledged(file)) == known:
        assert time.monotonic() < until
        time.sleep(0.005)


def _check(store: RecordStore, file: Path, line: Any) -> None:
    """Counts what is lost and doubled among all acknowledged writes so far."""
    rows, acknowledged = _rows(store), _acknowledged(file)
    line.lost = sum(rows[pair] == 0 for pair in acknowledged)
    line.doubled = sum(n > 1 for n in rows.values())
    assert (line.lost, line.doubled, verify(store)) == (0, 0, [])


def test_killed_under_concurrent_feedback(
    url: str, store: RecordStore, tmp_path: Path, start: Any, kills: int | None, line: Any
) -> None:
    generator = random.Random(1)
    file, records = tmp_path / "acknowledged", FeedbackRecords(store)
    for turn in range(kills or SHORT["sqlite" if store.path else "postgresql"]):
        writer = start(before=WRITER.format(acknowledged=str(file), url=url, turn=turn, first="", again=False))
        _wait_for_more(file)
        time.sleep(generator.uniform(0.0, 0.1))
        os.kill(writer.process.pid, signal.SIGKILL)
        assert writer.end() == -signal.SIGKILL, writer.text
        line.tried += 1
        began = time.monotonic()
        _check(store, file, line)
        line.seconds.append(time.monotonic() - began)
        for actor, key in _acknowledged(file)[-RESENT:]:
            records.record(Author(actor, "teacher"), key, actor, f"K{key.split('-')[1]}", "intend")
        _check(store, file, line)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_database_restarted_under_feedback(
    url: str, store: RecordStore, tmp_path: Path, start: Any, database_service: Any, kills: int | None, line: Any
) -> None:
    file = tmp_path / "acknowledged"
    database = database_service(url)
    writer = start(before=WRITER.format(acknowledged=str(file), url=url, turn=0, first="", again=True))
    for _ in range(kills // 20 if kills else 1):
        _wait_for_more(file)
        database.restart()
        began = time.monotonic()
        _wait_for_more(file)
        line.seconds.append(time.monotonic() - began)
        line.tried += 1
    assert "refused" in writer.text and "Traceback" not in writer.text, writer.text
    os.kill(writer.process.pid, signal.SIGKILL)
    writer.end()
    store.engine.dispose()
    _check(store, file, line)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_feedback_on_a_disk_that_gets_full(url: str, store: RecordStore, tmp_path: Path, start: Any, line: Any) -> None:
    file = tmp_path / "acknowledged"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))"
    for turn in range(2):
        first = limit if turn == 0 else ""
        writer = start(before=WRITER.format(acknowledged=str(file), url=url, turn=turn, first=first, again=False))
        if turn == 0:
            assert writer.end() == 0 and "refused" in writer.text and "Traceback" not in writer.text, writer.text
            line.tried = len(_acknowledged(file))
            assert line.tried > 4
        else:  # with space again
            began = time.monotonic()
            _wait_for_more(file)
            line.seconds.append(time.monotonic() - began)
            os.kill(writer.process.pid, signal.SIGKILL)
            writer.end()
        _check(store, file, line)


FAILING_FLUSH = """
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int fails(void) { return access(getenv("FAIL_WHEN"), F_OK) == 0; }
int fsync(int file) { if (fails()) { errno = EIO; return -1; } return 0; }
int fdatasync(int file) { if (fails()) { errno = EIO; return -1; } return 0; }
"""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_feedback_whose_flush_fails(url: str, store: RecordStore, tmp_path: Path, line: Any) -> None:
    source, library, switch, file = (tmp_path / name for name in ("flush.c", "flush.so", "fail", "acknowledged"))
    source.write_text(FAILING_FLUSH)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    text = "import os\n" + WRITER.format(acknowledged=str(file), url=url, turn=0, first="", again=False)
    environment = os.environ | {"LD_PRELOAD": str(library), "FAIL_WHEN": str(switch)}
    process = subprocess.Popen([sys.executable, "-c", text], env=environment, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while len(_acknowledged(file)) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    switch.touch()
    _, output = process.communicate(timeout=60)
    assert output.count("refused") == 4 and "Traceback" not in output, output
    line.tried = len(_acknowledged(file))
    assert line.tried >= 5
    _check(store, file, line)
