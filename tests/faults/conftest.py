"""Faults tried on real processes: killed commands, full and read-only disks, writers at once, servers under load.

`make faults` passes `--long`: every point at which a command can be killed in place of a few, and prints one table.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from filelock import FileLock

from features.errors import RecommenderError
from models.bundles.bundle import read_bundle
from recommender.workspace.import_history import history
from recommender.workspace.tidying import tidy
from recommender.workspace.versions import load_tables, version_of
from recommender.workspace.workspace import Workspace

KEY = "signs the bundles and tokens of the workspaces that are broken here, 7d21"
TEACHERS = "200"
EARLIER = "2026-03-31"
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "recommender.cli.main", "recommender.pipeline", "api.app", "uvicorn", "h11"])

RUN = """
import os, sys
output = os.open({output!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.dup2(output, 1)
os.dup2(output, 2)
os.environ.update({environment!r})
{before}
from recommender.cli.main import main
main({words!r})
"""

COUNTING = """
import signal
steps = 0
def step():
    global steps
    steps += 1
    with open({count!r}, "w") as file:
        file.write(str(steps))
    if steps == {kill_at}:
        os.kill(os.getpid(), signal.SIGKILL)
def audited(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink"):
        path = str(arguments[0])
        if path.startswith({root!r}) or not path.startswith("/"):
            step()
sys.addaudithook(audited)
fsync = os.fsync
def counted(descriptor):
    step()
    fsync(descriptor)
os.fsync = counted
"""
"""A process counts its steps, each time before it creates, flushes, renames or deletes something in the workspace, and
kills itself with SIGKILL before the step `kill_at`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="tests/faults: the counts of `make faults`")
    parser.addoption("--kills", type=int, default=1000, help="tests/faults --long: kills of servers and of writers, each")


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long counts were chosen."""
    return bool(request.config.getoption("--long", False))


@pytest.fixture(scope="session")
def kills(request: pytest.FixtureRequest, long: bool) -> int | None:
    """How often a server or a writer is killed in the long form; None in the short one."""
    return int(request.config.getoption("--kills")) if long else None


@dataclass
class Line:
    """One row of the table."""

    fault: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: list[float] = field(default_factory=list)


LINES = pytest.StashKey[list[Line]]()


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Line:
    """The row of a test, counted up while it runs."""
    line = Line(request.node.name.removeprefix("test_").replace("_", " "))
    request.config.stash.setdefault(LINES, []).append(line)
    return line


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if lines := [line for line in config.stash.get(LINES, []) if line.tried]:
        terminalreporter.write_line(f"{'fault':90} tried lost doubled  seconds to recover: median, most")
        for line in lines:
            times = sorted(line.seconds) or [0.0]
            recovered = f"{times[len(times) // 2]:.2f}, {times[-1]:.2f}"
            terminalreporter.write_line(
                f"{line.fault[:90]:90} {line.tried:5} {line.lost:4} {line.doubled:7}  {recovered}"
            )


@dataclass
class Running:
    """A process of ours."""

    process: Any
    output: Path

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self.output.read_text("utf-8", errors="replace") if self.output.exists() else ""

    def end(self, seconds: float = 120.0) -> int:
        """Its exit code, negative for a signal."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise AssertionError(f"did not end in {seconds} s: {self.text}")
        return int(self.process.exitcode)


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(*words, before="") -> a command line in a process that needs no time to import.

    before: statements that the process runs first.
    """
    with _starter(tmp_path) as start:
        yield start


@contextmanager
def _starter(folder: Path) -> Iterator[Start]:
    running: list[Running] = []
    environment = {
        "XDG_CONFIG_HOME": str(folder / "config"), "RECOMMENDER_LANG": "en", "OMP_NUM_THREADS": "1",
        "RECOMMENDER_SIGNING_KEY": KEY, "RECOMMENDER_TOKEN_KEY": KEY,
    }  # fmt: skip

    def start(*words: str, before: str = "") -> Running:
        output = folder / f"output-{len(running)}"
        source = RUN.format(output=str(output), environment=environment, before=before, words=words)
        process = FORKS.Process(target=exec, args=(source, {}))
        process.start()
        running.append(Running(process, output))
        return running[-1]

    try:
        yield start
    finally:
        for one in running:
            if one.process.is_alive():
                one.process.kill()
            one.process.join()
            one.process.close()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with lists and a second version that is not promoted; tests copy it. Made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = base / "finished" / "workspace"
    with FileLock(base / "finished.lock"):
        if not root.exists():
            root.parent.mkdir(parents=True)
            with _starter(root.parent) as start:
                draft = root.parent / "draft"
                for words in (
                    ("demo", "--no-serve", "--teachers", TEACHERS),
                    ("train", "--no-promote", "--as-of", EARLIER),
                ):
                    command = start(*words, "--workspace", str(draft))
                    assert command.end() == 0, command.text
            draft.rename(root)
    return root


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Callable[[], Path]:
    """copy() -> a copy of the finished workspace that a test may break."""
    made: list[Path] = []

    def copy() -> Path:
        made.append(tmp_path / f"workspace-{len(made)}")
        shutil.copytree(finished, made[-1], symlinks=True)
        return made[-1]

    return copy


def problems(root: Path) -> list[str]:
    """Everything in a workspace that is not whole."""
    try:
        load_tables(root)
        workspace = Workspace(root)
        workspace.state()
        registry = workspace.registry()
        for version in {*registry.list(), *registry.history()}:
            read_bundle(registry.path(version), KEY.encode())
        last, place = history(root)[-1]["version"], version_of(root)
    except RecommenderError as error:
        return [str(error)]
    return [] if place is not None and last == place.name else ["history and link differ"]


def digests(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of the files of a folder, locks apart."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def leftovers(root: Path) -> list[Path]:
    """Temporary files and folders."""
    return sorted(root.rglob(".tmp-*"))


def new_teacher(root: Path, teacher_id: str = "NEW1") -> str:
    """A file with a teacher more."""
    frame = Workspace(root).tables["teachers"].head(1).assign(teacher_id=teacher_id)
    file = root.parent / teacher_id / "teachers.csv"
    file.parent.mkdir(exist_ok=True)
    frame.to_csv(file, index=False)
    return str(file)


def school(root: Path) -> str:
    """A school with teachers."""
    return str(Workspace(root).tables["teachers"]["school_id"].iloc[0])


def second(root: Path) -> str:
    """A version that is not promoted."""
    registry = Workspace(root).registry()
    return next(version for version in registry.list() if version != registry.current())


@dataclass(frozen=True)
class DatabaseService:
    """The PostgreSQL server behind a URL, stopped and started with its own program."""

    programs: Path
    data: Path
    options: str

    @classmethod
    def of(cls, url: str) -> DatabaseService:
        """Reads where it keeps its files."""
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            data = connection.exec_driver_sql("SHOW data_directory").scalar_one()
            programs = connection.exec_driver_sql("SELECT setting FROM pg_config WHERE name = 'BINDIR'").scalar_one()
            options = shlex.split((Path(data) / "postmaster.opts").read_text())[1:]
        return cls(Path(programs), Path(data), shlex.join(options))

    def _control(self, *words: str) -> None:
        command = [str(self.programs / "pg_ctl"), "-D", str(self.data), "-w", "-l", str(self.data / "log"), *words]
        owner = self.data.stat().st_uid if os.geteuid() == 0 else None
        subprocess.run(command, user=owner, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """At once, as if the machine had lost its power."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Up again when it returns."""
        self._control("-o", self.options, "start")  # a restart keeps them, a start does not

    def restart(self) -> None:
        """Both."""
        self._control("-m", "immediate", "restart")


@pytest.fixture
def database_service() -> Iterator[Callable[[str], DatabaseService]]:
    """database_service(url) -> the server behind it, which runs again when the test ends."""
    services: list[DatabaseService] = []

    def of(url: str) -> DatabaseService:
        services.append(DatabaseService.of(url))
        return services[-1]

    yield of
    for service in services:
        with suppress(subprocess.CalledProcessError):  # it runs already
            service.start()


@dataclass(frozen=True)
class Steps:
    """Kills a command before one of its steps. `count` runs it to its end."""

    start: Start
    folder: Path

    def run(self, root: Path, words: Sequence[str], kill_at: int = 0) -> tuple[int, int]:
        """Exit code and number of steps."""
        count = self.folder / "steps"
        count.write_text("0")
        before = COUNTING.format(count=str(count), kill_at=kill_at, root=str(root))
        command = self.start(*words, "--workspace", str(root), before=before)
        return command.end(), int(count.read_text() or 0)


@pytest.fixture
def tools(start: Start, tmp_path: Path) -> SimpleNamespace:
    """The functions above for test modules, which cannot import each other."""
    return SimpleNamespace(
        problems=problems, digests=digests, leftovers=leftovers, tidy=tidy, steps=Steps(start, tmp_path), key=KEY,
        clock=time.monotonic, new_teacher=new_teacher, school=school, second=second,
    )  # fmt: skip
