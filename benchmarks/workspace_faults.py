"""Does a workspace stay whole when commands are killed at any moment, and when two run at once?

    python benchmarks/workspace_faults.py kills [N]     N kills -9 each of `data import` and `train` (default 50)
    python benchmarks/workspace_faults.py pairs [NAME...]    every pair of commands (of these) at once

Whole: tables equal their digests, the history ends with the version in place, every version verifies, the next command
leaves no temporary file. The baseline is the same count with nothing killed: 0 failures.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import combinations_with_replacement
from pathlib import Path

from features.errors import RecommenderError
from models.bundles.bundle import read_bundle
from recommender.cli import main
from recommender.settings import Settings
from recommender.workspace.import_history import history
from recommender.workspace.tidying import tidy
from recommender.workspace.versions import load_tables, version_of
from recommender.workspace.workspace import Workspace

TEACHERS = 200
LOG = os.devnull


def start(*words: str) -> int:
    """A process that runs a command line; its id. Its output goes to LOG."""
    pid = os.fork()
    if pid:
        return pid
    output = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os._exit(main.run(words))


def finish(pid: int) -> int:
    """Its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def faults(root: Path) -> list[str]:
    """Everything that is not whole."""
    problems = []
    try:
        load_tables(root)
        if history(root)[-1]["version"] != version_of(root).name:  # type: ignore[union-attr]
            problems.append("history and link differ")
        workspace = Workspace(root)
        workspace.state()
        registry = workspace.registry()
        for version in {*registry.list(), *registry.history()}:
            read_bundle(registry.path(version), Settings().bundle_key())
    except RecommenderError as error:
        problems.append(str(error))
    return problems


def city(folder: Path) -> tuple[Path, list[Path]]:
    """A trained workspace, and files of two imports that differ."""
    root, made = folder / "w", folder / "made"
    assert finish(start("data", "simulate", str(made), "--teachers", str(TEACHERS))) == 0
    for words in (["data", "import", str(made / "tables"), "--yes"], ["train"]):
        assert finish(start(*words, "--workspace", str(root))) == 0, words
    files = []
    for index in (0, 1):
        files.append(folder / str(index) / "teachers.csv")
        files[-1].parent.mkdir()
        header, row = (made / "tables" / "teachers.csv").read_text("utf-8").splitlines()[:2]
        files[-1].write_text(f"{header}\nNEW{index},{row.split(',', 1)[1]}\n", "utf-8")
    return root, files


def kills(n: int) -> None:
    """Prints, for `data import` and `train`, kills, faults, and bytes left before and after the next command."""
    generator = random.Random(1)
    with tempfile.TemporaryDirectory() as temporary:
        root, files = city(Path(temporary))
        for name in ("import", "train"):
            killed = broken = left = after = 0
            longest = 1.0
            turn = 0
            while killed < n:
                turn += 1
                words = ["train"] if name == "train" else ["data", "import", str(files[turn % 2]), "--yes"]
                if name == "import" and turn > 2:
                    words = ["data", "undo", "--to", str(1 + turn % 3)] if turn % 3 else words
                if name == "train":
                    shutil.rmtree(root / "cache", ignore_errors=True)  # so that needs are written again
                began = time.monotonic()
                pid = start(*words, "--workspace", str(root))
                time.sleep(generator.uniform(0.0, longest))
                os.kill(pid, signal.SIGKILL)
                if finish(pid) >= 0:
                    longest = min(longest, time.monotonic() - began)
                    continue
                longest *= 1.15
                killed += 1
                problems = faults(root)
                broken += bool(problems)
                print(*problems, sep="\n", end="\n" if problems else "")
                left += tidy(root).bytes
                after += tidy(root).bytes
            print(f"{name}: {killed} kills, {broken} faults, {left / 1e6:.1f} MB left by the killed,", end=" ")
            print(f"{after} bytes after the next command", flush=True)


def pairs(names: Sequence[str]) -> None:
    """Prints, for every pair of commands (of `names`, where given), exit codes that none may have, and faults."""
    with tempfile.TemporaryDirectory() as temporary:
        root, files = city(Path(temporary))
        commands: dict[str, Sequence[str]] = {
            "import 0": ("data", "import", str(files[0]), "--yes"), "import 1": ("data", "import", str(files[1]), "--yes"),
            "undo": ("data", "undo"), "history": ("data", "history"), "diagnose": ("diagnose",), "train": ("train",),
            "evaluate": ("evaluate",), "recommend": ("recommend", "--all"), "rollback": ("models", "rollback"),
            "list": ("models", "list"), "doctor": ("doctor",),
        }  # fmt: skip
        bad = tried = 0
        for first, second in combinations_with_replacement(names or commands, 2):
            shutil.rmtree(root / "cache", ignore_errors=True)
            pids = [start(*commands[name], "--workspace", str(root)) for name in (first, second)]
            codes = [finish(pid) for pid in pids]
            problems = faults(root)
            tried += 1
            # 1: an import that came second; 2: nothing to undo or to roll back to
            if problems or any(code not in (0, 1, 2) for code in codes):
                bad += 1
                print(f"{first} + {second}: exit {codes} {problems}")
        print(f"{tried} pairs, {bad} failed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["kills"]:
        kills(int(sys.argv[2]) if len(sys.argv) > 2 else 50)
    elif sys.argv[1:2] == ["pairs"]:
        pairs(sys.argv[2:])
    else:
        print(__doc__)
