"""Commands are killed (SIGKILL) before a step on disk: nothing is half there, and the same command mends the rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.plans.plan_files import check_files, read_summary
from recommender.workspace.versions import version_of
from recommender.workspace.workspace import Workspace

QUICK = ("import", "promote")  # killed twice in the short form, the others once


def _untrained(root: Path) -> None:
    shutil.rmtree(root / "bundles")
    for file in root.glob("*state.json*"):
        file.unlink()


def _rollback(root: Path, tools: Any) -> list[str]:
    registry = Workspace(root).registry()
    registry.promote(tools.second(root))
    return ["models", "rollback"]


COMMANDS: dict[str, Callable[[Path, Any], list[str]]] = {
    "import": lambda root, tools: ["data", "import", tools.new_teacher(root), "--yes"],
    "train": lambda root, tools: ["train"],
    "promote": lambda root, tools: ["models", "promote", tools.second(root)],
    "recommend": lambda root, tools: ["recommend", "--all", "--top", "5"],
    "plan": lambda root, tools: ["plan", "--district", tools.school(root), "--budget", "0", "--draws", "0"],
}


def _state(root: Path, tools: Any) -> dict[str, Any]:
    """What a command may change: by part, what is there now."""
    registry, place = Workspace(root).registry(), version_of(root)
    scores = {f"scores/{name}": digest for name, digest in tools.digests(root / "scores").items()
              if not name.startswith(".tmp-")}  # what the next command clears
    plans = [path.name for path in (root / "plans").glob("P*")]
    return {
        "tables": place.name if place else None, "promoted": registry.current(), "versions": registry.list(),
        "plans": plans, **scores,
    }  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_in(name: str, copy: Callable[[], Path], tools: Any, long: bool, line: Any) -> None:
    pristine = copy()
    if name == "train":
        _untrained(pristine)
    words = COMMANDS[name](pristine, tools)
    before = _state(pristine, tools)
    root = pristine.with_name("killed")
    shutil.copytree(pristine, root, symlinks=True)
    code, steps = tools.steps.run(root, words)
    after = _state(root, tools)
    assert code == 0 and steps > 5 and after != before
    for kill_at in range(1, steps + 1) if long else (steps // 2, steps)[: 2 if name in QUICK else 1]:
        shutil.rmtree(root)
        shutil.copytree(pristine, root, symlinks=True)
        code, _ = tools.steps.run(root, words, kill_at)
        assert code == -9
        line.tried += 1
        whole, state = tools.problems(root), _state(root, tools)
        mixed = [part for part in {*before, *state} if state.get(part) not in (before.get(part), after.get(part))]
        line.lost += bool(whole or mixed)
        assert (whole, mixed) == ([], []), kill_at
        for plan in (root / "plans").glob("P*"):
            check_files(plan)
            assert read_summary(plan) is not None
        began = tools.clock()
        code, _ = tools.steps.run(root, words)
        line.seconds.append(tools.clock() - began)
        assert (code, _state(root, tools), tools.leftovers(root)) == (0, after, []), kill_at
        line.doubled += len(_state(root, tools)["plans"]) > len(after["plans"])


def test_a_rollback_killed_anywhere_is_whole_and_done_once(copy: Callable[[], Path], tools: Any, long: bool, line: Any) -> None:
    """Sent again after it was done, a rollback goes one further back: where there is nothing further, it says so (2)."""
    pristine = copy()
    words, before = _rollback(pristine, tools), Workspace(pristine).registry().history()
    root = pristine.with_name("killed")
    shutil.copytree(pristine, root, symlinks=True)
    code, steps = tools.steps.run(root, words)
    assert code == 0 and Workspace(root).registry().history() == before[:-1]
    for kill_at in range(1, steps + 1) if long else (steps // 3, 2 * steps // 3):
        shutil.rmtree(root)
        shutil.copytree(pristine, root, symlinks=True)
        assert tools.steps.run(root, words, kill_at)[0] == -9
        line.tried += 1
        history = Workspace(root).registry().history()
        assert (tools.problems(root), history in (before, before[:-1])) == ([], True), kill_at
        began = tools.clock()
        code, _ = tools.steps.run(root, words)
        line.seconds.append(tools.clock() - began)
        assert Workspace(root).registry().history() == before[:-1] and code in (0, 2), kill_at
        assert code == 0 or history == before[:-1], kill_at
