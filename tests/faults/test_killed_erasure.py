"""`recommender erase --apply` is killed (SIGKILL) before a step on disk: the same command finishes, nothing of her is left."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recommender.privacy.traces import traces
from recommender.workspace.workspace import Workspace


def test_erasure(copy: Callable[[], Path], tools: Any, long: bool, line: Any) -> None:
    pristine = copy()
    shutil.rmtree(pristine / "simulated")
    teacher = str(Workspace(pristine).tables["teachers"]["teacher_id"].iloc[3])
    words = ["erase", teacher, "--apply"]
    code, _ = tools.steps.run(pristine, ["recommend", "--teacher", teacher, "--top", "3"])
    assert code == 0 and traces(pristine, teacher)
    root = pristine.with_name("killed")
    shutil.copytree(pristine, root, symlinks=True)
    code, steps = tools.steps.run(root, words)
    assert code == 0 and steps > 20 and traces(root, teacher) == {}
    others = Workspace(root).tables["teachers"]
    for kill_at in range(1, steps + 1) if long else (steps // 2, 9 * steps // 10):
        shutil.rmtree(root)
        shutil.copytree(pristine, root, symlinks=True)
        code, _ = tools.steps.run(root, words, kill_at)
        assert code == -9
        line.tried += 1
        began = tools.clock()
        code, _ = tools.steps.run(root, words)
        line.seconds.append(tools.clock() - began)
        left = traces(root, teacher)
        line.lost += bool(left or code or tools.problems(root))
        assert (code, left, tools.problems(root)) == (0, {}, []), kill_at
        assert Workspace(root).tables["teachers"].equals(others) and tools.leftovers(root) == []
        assert not re.search(teacher.encode(), b"".join(path.read_bytes() for path in root.glob("store.db*")))
