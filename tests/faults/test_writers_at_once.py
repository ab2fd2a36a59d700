"""Two commands at once: one after the other, or one is refused in a sentence; nothing that was accepted is missing."""

from __future__ import annotations

import shutil
from itertools import combinations_with_replacement
from typing import Any

from recommender.workspace.import_history import history
from recommender.workspace.versions import load_tables
from recommender.workspace.workspace import Workspace

SHORT, LONG = 2, 200


def test_two_imports_at_once(copy: Any, tools: Any, start: Any, long: bool, line: Any) -> None:
    root = copy()
    for turn in range(LONG if long else SHORT):
        files = [tools.new_teacher(root, f"NEW{turn}{side}") for side in "AB"]
        entries = len(history(root))
        commands = [start("data", "import", file, "--yes", "--workspace", str(root)) for file in files]
        codes = [command.end() for command in commands]
        assert 0 in codes and set(codes) <= {0, 1}, [command.text for command in commands]
        ids = load_tables(root)["teachers"]["teacher_id"].tolist()
        line.tried += 1
        for side, code in zip("AB", codes, strict=True):
            line.lost += code == 0 and f"NEW{turn}{side}" not in ids
            line.doubled += code != 0 and f"NEW{turn}{side}" in ids
        line.doubled += len(history(root)) - entries - codes.count(0)
        assert (line.lost, line.doubled, tools.problems(root), tools.leftovers(root)) == (0, 0, [], [])


def test_two_promotions_at_once(copy: Any, tools: Any, start: Any, long: bool, line: Any) -> None:
    root = copy()
    first, second = Workspace(root).registry().list()
    for _ in range(LONG if long else SHORT):
        before = Workspace(root).registry().history()
        commands = [start("models", "promote", version, "--workspace", str(root)) for version in (first, second)]
        assert [command.end() for command in commands] == [0, 0], [command.text for command in commands]
        added = Workspace(root).registry().history()[len(before) :]
        other = second if before[-1] == first else first
        line.tried += 1
        line.lost += other not in added
        line.doubled += len(added) > 2
        assert added in ((other,), (other, before[-1])), (before, added)
        assert tools.problems(root) == []


COMMANDS = {
    "import A": ("data", "import", "{a}", "--yes"), "import B": ("data", "import", "{b}", "--yes"), "undo": ("data", "undo"),
    "history": ("data", "history"), "diagnose": ("diagnose",), "train": ("train",), "evaluate": ("evaluate",),
    "recommend": ("recommend", "--all"), "rollback": ("models", "rollback"), "list": ("models", "list"), "doctor": ("doctor",),
}  # fmt: skip


def test_pairs_of_commands_at_once(copy: Any, tools: Any, start: Any, long: bool, line: Any) -> None:
    root = copy()
    names = {side.lower(): tools.new_teacher(root, f"NEW{side}") for side in "AB"}
    pairs = list(combinations_with_replacement(COMMANDS, 2)) if long else [("import A", "recommend")]
    for pair in pairs:
        if long:
            shutil.rmtree(root / "cache", ignore_errors=True)  # so that both compute the needs
        commands = [
            start(*(word.format(**names) for word in COMMANDS[name]), "--workspace", str(root)) for name in pair
        ]
        codes = [command.end(600) for command in commands]
        line.tried += 1
        whole = tools.problems(root)
        line.lost += bool(whole)
        # 1: an import that came second; 2: nothing to undo or to roll back to
        assert whole == [] and set(codes) <= {0, 1, 2}, (pair, codes, whole, [command.text for command in commands])


CLOCK = """
import datetime, time
class Earlier(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) - datetime.timedelta(hours=30)
for name, loaded in list(sys.modules.items()):
    if name.partition(".")[0] in ("features", "models", "recommender", "api") and hasattr(loaded, "datetime"):
        loaded.datetime = Earlier
now = time.time
time.time = lambda: now() - 30 * 3600
"""


def test_clock_that_goes_backwards(copy: Any, tools: Any, start: Any, line: Any) -> None:
    root = copy()

    def run(*words: str, before: str = CLOCK) -> None:
        command = start(*words, "--workspace", str(root), before=before)
        assert command.end() == 0, command.text
        line.tried += 1

    run("data", "import", tools.new_teacher(root, "NEWA"), "--yes", before="")
    run("data", "import", tools.new_teacher(root, "NEWB"), "--yes")
    entries = history(root)
    assert [entry["n"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1]["at"] < entries[-2]["at"]  # the clock did go backwards
    ids = set(load_tables(root)["teachers"]["teacher_id"])
    line.lost = len({"NEWA", "NEWB"} - ids)
    assert {"NEWA", "NEWB"} <= ids
    run("data", "undo")
    ids = set(load_tables(root)["teachers"]["teacher_id"])
    assert "NEWA" in ids and "NEWB" not in ids  # the later import by order, not by clock
    run("data", "undo", before="")
    current = Workspace(root).registry().current()
    run("models", "promote", tools.second(root))
    run("models", "rollback")
    assert Workspace(root).registry().current() == current
    assert tools.problems(root) == [] and tools.leftovers(root) == []
