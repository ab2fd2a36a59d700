"""One directory that holds a city: tables, models, scores, and what was computed from what.

WORKSPACE/tables/        the tables of the last accepted import
WORKSPACE/cache/needs/   one folder a diagnosis, named by tables, date and code
WORKSPACE/bundles/       trained versions and which one is served
WORKSPACE/scores/        files to take away, with origin.json
WORKSPACE/state.json     from which tables each bundle and score file was made
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from features.errors import ReadError
from features.tables import Tables
from models.bundles.registry import Registry
from recommender.workspace.atomic import write_json
from recommender.workspace.importing import NOTICE, known_version, origin_of, read_version, version_of

STATE: Final = "state.json"


class Workspace:
    """The directory at `root`; nothing is read before it is asked for, tables only once."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    @property
    def scores(self) -> Path:
        """Where files to take away go by default."""
        return self.root / "scores"

    @property
    def bundles(self) -> Path:
        """Where trained versions are."""
        return self.root / "bundles"

    @cached_property
    def tables(self) -> Tables:
        """The imported tables. Raises WrongUse where nothing was imported yet."""
        return read_version(self._version)

    @property
    def imported(self) -> bool:
        """Whether it holds tables."""
        return version_of(self.root) is not None

    @cached_property
    def _version(self) -> Path:
        """What is read, even where somebody imports meanwhile."""
        return known_version(self.root)

    @cached_property
    def fingerprint(self) -> str:
        """What the tables hold, in one word."""
        return str(origin_of(self._version)["fingerprint"])

    def shelf(self, key: bytes | None = None) -> Registry:
        """The trained versions; with `key` nothing untrusted is promoted."""
        return Registry(self.bundles, key)

    def needs_folder(self, fingerprint: str, as_of: date) -> Path:
        """Where the diagnosis of these tables at this date is kept, by this version of the code."""
        name = hashlib.sha256(f"{fingerprint}|{as_of}|{code_fingerprint('features')}".encode()).hexdigest()[
            :16
        ]
        return self.root / "cache" / "needs" / f"{as_of}-{name}"

    def origin(self, **more: Any) -> dict[str, Any]:
        """What goes beside every file made from these tables; `made_up` tables say so."""
        told: dict[str, Any] = {"made_up": self.tables.made_up, "tables": self.fingerprint}
        if self.tables.made_up:
            told["notice"] = NOTICE
        return told | more

    def state(self) -> dict[str, Any]:
        """What was computed from what: {"scores": {name: made from}, "bundles": {version: tables},
        "decided": {"tables": those on which a person last chose the version that is served}}."""
        path = self.root / STATE
        try:
            held = json.loads(path.read_text("utf-8"))
            if not isinstance(held, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            held = {}
        except (OSError, ValueError) as wrong:
            raise ReadError(
                f"{path} cannot be read: delete it; the next command makes everything anew"
            ) from wrong
        return {"scores": {}, "bundles": {}, "decided": {}} | held

    def note(self, section: str, name: str, made_from: Any) -> None:
        """Keep from what `name` was made."""
        state = self.state()
        state[section][name] = made_from
        write_json(self.root / STATE, state)

    def clear_foreign_scores(self) -> None:
        """Delete score files made from simulated tables once these are real, or the reverse: one origin.json
        speaks for all files beside it."""
        path = self.scores / "origin.json"
        try:
            told = json.loads(path.read_text("utf-8"))["made_up"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        if told != self.tables.made_up:
            for file in self.scores.iterdir():
                if file.is_file():
                    file.unlink()
            for name in self.state()["scores"]:
                self.note("scores", name, None)

    def decide(self) -> None:
        """Keep that a person chose the served version for these tables; nothing is trained over it."""
        self.note("decided", "tables", self.fingerprint)

    def undecide(self) -> None:
        """Forget that choice: the version it was about is no longer served."""
        self.note("decided", "tables", None)

    def made_from(self, as_of: date, **more: Any) -> dict[str, Any]:
        """All that a file of scores depends on; equal again means that the file need not be made again."""
        return {
            "tables": self.fingerprint,
            "as_of": as_of.isoformat(),
            "code": code_fingerprint("features", "models", "recommender"),
        } | more


@cache
def code_fingerprint(*packages: str) -> str:
    """sha256 over the Python files of these packages: what an older version computed is stale."""
    digest = hashlib.sha256()
    for package in packages:
        for name, text in sorted(_sources(files(package), package)):
            digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:16]


def _sources(folder: Traversable, name: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            found += _sources(entry, path)
        elif entry.name.endswith(".py"):
            found.append((path, entry.read_text("utf-8")))
    return found
